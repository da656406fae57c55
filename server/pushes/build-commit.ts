import { AppError } from "#lib/errors.ts";
import { runGit } from "#server/workspaces/run-git.ts";
import type { GatheredWork } from "./gather-work.ts";
import type { ScratchRepository } from "./scratch-repository.ts";

interface CommitOptions {
  work: Pick<GatheredWork, "git" | "baseCommit">;
  /** What the branch names at the remote; null where there is none. */
  tip: string | null;
  /** Whether a push of this session has made that commit. */
  isOurs: boolean;
  message: string;
  author: { name: string; email: string };
  /** Since 1970; the same for a second try, so that it comes to the same commit. */
  seconds: number;
}

/**
 * The commit that the branch shall name: the session's own, or one on top of it for what is not committed. The work tree
 * is not touched, so the next push finds it as changed as before: it goes on from what this one has made. What it answers
 * is the session's: never a commit of others, which the next push would take for its own. A `conflict` with the reason
 * `diverged` where the branch has commits of others, or `nothing` where the session has nothing that it lacks.
 */
export async function buildCommit(
  { context }: ScratchRepository,
  options: CommitOptions,
): Promise<string> {
  const git = async (...args: string[]) => (await runGit({ ...context, args })).trim();
  const treeOf = (commit: string) => git("rev-parse", "--verify", `${commit}^{tree}`);
  const { headCommit: head, savedCommit } = options.work.git;
  const tree = await treeOf(savedCommit);
  const treeOfHead = head === null ? await emptyTree(context) : await treeOf(head);
  const isChanged = tree !== treeOfHead;
  /** Whether all of `commit` is in the history of `other`. */
  const isWithin = async (commit: string, other: string) =>
    (await git("rev-list", "--max-count=1", commit, "--not", other, "--")) === "";

  const parents = await chooseParents(isWithin, { ...options, isChanged });
  const [first, ...others] = parents;
  // What is there already, or what the session has committed itself.
  if (first !== undefined && others.length === 0 && tree === (await treeOf(first))) return first;
  return commitTree(context, { ...options, tree, parents });
}

async function chooseParents(
  isWithin: (commit: string, other: string) => Promise<boolean>,
  { work, tip, isOurs, isChanged }: CommitOptions & { isChanged: boolean },
): Promise<string[]> {
  const { baseCommit } = work;
  const head = work.git.headCommit;
  const hasCommits = head !== null && (baseCommit === null || !(await isWithin(head, baseCommit)));
  if (!isOurs && !isChanged && !hasCommits) throw nothing();
  if (tip === null) return head === null ? [] : [head];
  const isBehind = head !== null && (await isWithin(head, tip));
  if (!isOurs && !isChanged && isBehind) throw nothing();
  if (head !== null && (await isWithin(tip, head))) return [head];
  if (!isOurs) throw diverged();
  return isBehind || head === null ? [tip] : [tip, head];
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
