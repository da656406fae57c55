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
 * is not touched, so the next push finds it as changed as before: it goes on from what this one has made. A `conflict`
 * with the reason `diverged` where the branch has commits of others, or `nothing` where nothing has changed.
 */
export async function buildCommit(
  { context }: ScratchRepository,
  { work, tip, isOurs, message, author, seconds }: CommitOptions,
): Promise<string> {
  const git = async (...args: string[]) => (await runGit({ ...context, args })).trim();
  const treeOf = (commit: string) => git("rev-parse", "--verify", `${commit}^{tree}`);
  /** Whether all of `commit` is in the history of `other`. */
  const isWithin = async (commit: string, other: string) =>
    (await git("rev-list", "--max-count=1", commit, "--not", other, "--")) === "";

  const head = work.git.headCommit;
  const tree = await treeOf(work.git.savedCommit);
  const isChanged =
    head === null ? tree !== (await emptyTree(context)) : tree !== (await treeOf(head));
  const parents = async (): Promise<string[]> => {
    if (tip === null) return head === null ? [] : [head];
    if (head !== null && (await isWithin(tip, head))) return [head];
    const isBehind = head !== null && (await isWithin(head, tip));
    if (isBehind && !isChanged) return [tip];
    if (!isOurs) throw diverged();
    return isBehind || head === null ? [tip] : [tip, head];
  };

  const isNothing =
    tip === null &&
    !isChanged &&
    (head === null || (work.baseCommit !== null && (await isWithin(head, work.baseCommit))));
  if (isNothing) throw nothing();
  const [first, ...others] = await parents();
  const isOne = first !== undefined && others.length === 0;
  // What is there already, or what the session has committed itself.
  if (isOne && (!isChanged || tree === (await treeOf(first)))) return first;
  const date = `${seconds} +0000`;
  return runGit({
    ...context,
    args: [
      "-c",
      `user.name=${author.name}`,
      "-c",
      `user.email=${author.email}`,
      "commit-tree",
      tree,
      "-m",
      message,
      ...[first, ...others].flatMap((parent) => (parent === undefined ? [] : ["-p", parent])),
    ],
    variables: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  }).then((output) => output.trim());
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
  new AppError("conflict", "Nothing has changed since the branch began", {
    details: { reason: "nothing" },
  });
