import { AppError, type ErrorCode, isAppError } from "#lib/errors.ts";

/** Why git failed; `details.reason` of the error. */
export type GitFailureReason =
  | "not_found"
  | "authentication"
  | "rate_limited"
  | "redirected"
  | "network"
  | "timeout"
  | "branch_missing"
  | "disk_full"
  | "diverged"
  | "refused"
  | "corrupt"
  | "unknown";

interface Failure {
  pattern: RegExp;
  reason: GitFailureReason;
  code: ErrorCode;
  message: string;
}

/** The first pattern that matches git's English words decides, so causes stand before their consequences. */
const failures: Failure[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    reason: "disk_full",
    code: "unavailable",
    message: "The server's disk is full",
  },
  {
    pattern: /^ ! \[rejected\] .*\((?:fetch first|non-fast-forward|needs force|stale info)\)/m,
    reason: "diverged",
    code: "conflict",
    message: "The branch has commits at the git server that are not in this session",
  },
  {
    pattern: /^ ! \[(?:remote )?rejected\] /m,
    reason: "refused",
    code: "forbidden",
    message: "The git server refused the branch",
  },
  {
    pattern: /returned error: 429|rate limit/i,
    reason: "rate_limited",
    code: "rate_limited",
    message: "The git server asks to come back later",
  },
  {
    pattern: /returned error: 30[12378]/,
    reason: "redirected",
    code: "unavailable",
    message: "The repository has moved",
  },
  {
    pattern:
      /couldn't find remote ref|remote branch .* not found|pathspec .* did not match|not a commit and a branch/i,
    reason: "branch_missing",
    code: "invalid_input",
    message: "The branch does not exist in the repository",
  },
  {
    // A server asks for a name also when it does not want to tell whether the repository exists.
    pattern:
      /could not read username|repository .*not found|returned error: 404|does not appear to be a git repository|repository .*does not exist/i,
    reason: "not_found",
    code: "not_found",
    message: "The repository was not found, or it is private",
  },
  {
    pattern: /authentication failed|returned error: 40[13]|could not read password|access denied/i,
    reason: "authentication",
    code: "forbidden",
    message: "The git server refused access to the repository",
  },
  {
    pattern:
      /could not resolve host|failed to connect|couldn't connect|connection (?:refused|reset|timed out)|operation too slow|early eof|rpc failed|hung up unexpectedly|unexpected disconnect|returned error: 5\d\d|ssl|certificate|http\/2 stream|empty reply|recv failure|transfer closed/i,
    reason: "network",
    code: "unavailable",
    message: "The git server could not be reached, or broke off",
  },
  {
    pattern:
      /is corrupt|bad config|object file .* is empty|(?:bad|missing|not a valid) object|non-commit|reference is not a tree|missing blob|unable to read (?:tree|sha1|[0-9a-f]{40})|index-pack failed|invalid index-pack|inflate:|broken (?:pack|link)|did not send all necessary objects|not a git repository|bad (?:pack|signature)|packfile .* (?:cannot be|does not match)|could not (?:read|parse) [0-9a-f]{40}|unable to parse|failed to traverse|invalid object/i,
    reason: "corrupt",
    code: "unavailable",
    message: "The copy of the repository is damaged",
  },
];

/** Git works around a damaged pack when it can get the objects elsewhere, and says so. */
export const tellsDamage = (output: string) =>
  /packfile .* (?:does not match|cannot be accessed)|is corrupt/.test(output);

/** The error for a git that ended badly. `output` must be free of credentials; it becomes the cause, for the log. */
export function gitFailure(output: string, exitCode: number | null): AppError {
  const failure = failures.find(({ pattern }) => pattern.test(output));
  const { code, message, reason } = failure ?? {
    code: "internal" as const,
    message: "Git failed",
    reason: "unknown" as const,
  };
  return new AppError(code, message, {
    details: { reason, exitCode },
    cause: new Error(output.trim() || `git ended with ${exitCode}`),
  });
}

/** The reason of an error that `gitFailure` or one of its siblings made; null for all others. */
export function gitFailureReason(error: unknown): GitFailureReason | null {
  if (!isAppError(error)) return null;
  return (error.details["reason"] as GitFailureReason | undefined) ?? null;
}

export const branchMissing = (branch: string) =>
  new AppError("invalid_input", `The branch "${branch}" does not exist in the repository`, {
    details: { reason: "branch_missing", branch },
  });
