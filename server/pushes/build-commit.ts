import { AppError } from "#lib/errors.ts";
import { runGit } from "#server/workspaces/run-git.ts";
import type { GatheredWork } from "./gather-work.ts";
import type { ScratchRepository } from "./scratch-repository.ts";

/** Of earlier pushes, the last ones that are looked for below commits of others. */
const PUSHES_MAX = 100;

interface CommitOptions {
  work: Pick<GatheredWork, "git" | "baseCommit">;
  /** What the branch names at the remote; null where there is none. */
  tip: string | null;
  /** What pushes of this session made for the branch, the last one first; it may not have arrived, or be gone. */
  pushed: string[];
  message: string;
  author: { name: string; email: string };
  /** Since 1970; the same for a second try, so that it comes to the same commit. */
  seconds: number;
}

/**
 * The commit that the branch shall name: the session's own, or one on top of it for what is not committed. The work tree
 * is not touched, so the next push finds it as changed as before: it goes on from what this one has made. What it answers
 * is the session's: never a commit of others, which the next push would take for its own. A `conflict` with the reason
 * `diverged` where the branch has commits of others, or `nothing` where the session has nothing that it lacks: those
 * others may have gone on from what the last push made of the same work.
 */
export async function buildCommit(
  { context }: ScratchRepository,
  options: CommitOptions,
): Promise<string> {
  const questions = askGit(context);
  const { treeOf } = questions;
  const { headCommit: head, savedCommit } = options.work.git;
  const tree = await treeOf(savedCommit);
  const treeOfHead = head === null ? await emptyTree(context) : await treeOf(head);
  const isChanged = tree !== treeOfHead;

  const parents = await chooseParents(questions, { ...options, tree, isChanged });
  const [first, ...others] = parents;
  // What is there already, or what the session has committed itself.
  if (first !== undefined && others.length === 0 && tree === (await treeOf(first))) return first;
  return commitTree(context, { ...options, tree, parents });
}

type Questions = ReturnType<typeof askGit>;

function askGit(context: ScratchRepository["context"]) {
  const git = async (...args: string[]) => (await runGit({ ...context, args })).trim();
  return {
    treeOf: (commit: string) => git("rev-parse", "--verify", `${commit}^{tree}`),
    /** Whether all of `commit` is in the history of `other`. */
    isWithin: async (commit: string, other: string) =>
      (await git("rev-list", "--max-count=1", commit, "--not", other, "--")) === "",
    /** Those of `commits` that are here, in their order; `known` is one that is. */
    listPresent: async (known: string, commits: string[]) => {
      const flags = ["--no-walk=unsorted", "--ignore-missing"];
      const [, ...present] = (await git("rev-list", ...flags, known, ...commits, "--")).split("\n");
      return present;
    },
  };
}

interface Choice extends CommitOptions {
  /** Of the session's files. */
  tree: string;
  /** They are not what its HEAD has. */
  isChanged: boolean;
}

async function chooseParents(questions: Questions, choice: Choice): Promise<string[]> {
  const { isWithin } = questions;
  const { work, tip, pushed, isChanged } = choice;
  const { baseCommit } = work;
  const head = work.git.headCommit;
  const isOurs = tip !== null && pushed.includes(tip);
  const hasCommits = head !== null && (baseCommit === null || !(await isWithin(head, baseCommit)));
  if (!isOurs && !isChanged && !hasCommits) throw nothing();
  if (tip === null) return head === null ? [] : [head];
  const isBehind = head !== null && (await isWithin(head, tip));
  if (!isOurs && !isChanged && isBehind) throw nothing();
  if (head !== null && (await isWithin(tip, head))) return [head];
  if (!isOurs) throw (await isPushed(questions, { ...choice, tip })) ? nothing() : diverged();
  return isBehind || head === null ? [tip] : [tip, head];
}

/**
 * Whether the last push that is in the branch brought all of this: the same files, and what the session has committed.
 * An earlier one with the same files does not count, as these take back then what came after it.
 */
async function isPushed(
  { treeOf, isWithin, listPresent }: Questions,
  { work, tip, pushed, tree }: Choice & { tip: string },
): Promise<boolean> {
  const head = work.git.headCommit;
  for (const commit of await listPresent(tip, pushed.slice(0, PUSHES_MAX))) {
    if (!(await isWithin(commit, tip))) continue;
    return tree === (await treeOf(commit)) && (head === null || (await isWithin(head, commit)));
  }
  return false;
}

async function commitTree(
  context: ScratchRepository["context"],
  { author, message, seconds, tree, parents }: CommitOptions & { tree: string; parents: string[] },
): Promise<string> {
  const date = `${seconds} +0000`;
  const person = ["-c", `user.name=${author.name}`, "-c", `user.email=${author.email}`];
  const after = parents.flatMap((parent) => ["-p", parent]);
  const output = await runGit({
    ...context,
    args: [...person, "commit-tree", tree, "-m", message, ...after],
    variables: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
  return output.trim();
}

const emptyTree = async (context: ScratchRepository["context"]) =>
  (await runGit({ ...context, args: ["hash-object", "-t", "tree", "/dev/null"] })).trim();

const diverged = () =>
  new AppError(
    "conflict",
    "The branch has commits at the git server that are not in this session",
    {
      details: { reason: "diverged" },
    },
  );

const nothing = () =>
  new AppError(
    "conflict",
    "There is nothing to push: nothing has changed, or the branch has it already",
    {
      details: { reason: "nothing" },
    },
  );
