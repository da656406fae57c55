/**
 * Why a push failed.
 * - `nothing`: nothing has changed since the branch began.
 * - `working`: the agent began to work meanwhile.
 * - `diverged`: the branch has commits that the session does not know.
 * - `refused`: the host's rules do not let it in, as for a protected branch.
 * - `no_access`: the host takes no credential of the team.
 * - `files`: the session's files could not be read.
 * - `other`: the message says it.
 */
export type PushFailureReason =
  | "nothing"
  | "working"
  | "diverged"
  | "refused"
  | "no_access"
  | "files"
  | "other";

export interface PushFailure {
  reason: PushFailureReason;
  /** Safe to show. */
  message: string;
  /** A branch that nobody has, where another one would do. */
  freeBranch: string | null;
}

/** A session's work on its way to a branch of its repository, or there. */
export interface BranchPush {
  pushId: string;
  branch: string;
  /** Of the commit for what was not committed. */
  message: string;
  status: "waiting" | "running" | "done" | "failed";
  /** What the branch names once it is done. */
  commitId: string | null;
  /** Where the host offers to propose the branch; null where that is not known. */
  link: string | null;
  failure: PushFailure | null;
  /** ISO 8601. */
  createdAt: string;
  endedAt: string | null;
}
