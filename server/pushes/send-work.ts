import { AppError, isAppError } from "#lib/errors.ts";
import { parseRepository, type Repository } from "#lib/repository.ts";
import type { Services } from "#server/services.ts";
import { addressRulesOf, openTeamMirror } from "#server/sessions/open-team-mirror.ts";
import { checkDisk } from "#server/workspaces/check-disk.ts";
import { withCheckedRemote } from "#server/workspaces/checked-remote.ts";
import { AUTHOR } from "#server/workspaces/create-workspace.ts";
import { gitFailureReason } from "#server/workspaces/git-failure.ts";
import { runGit } from "#server/workspaces/run-git.ts";
import { buildCommit } from "./build-commit.ts";
import { compareLink } from "./compare-link.ts";
import { type GatheredWork, withWork } from "./gather-work.ts";
import { refusalOf } from "./refusal-of.ts";
import type { ClaimedPush } from "./run-push.ts";
import { sendLfs } from "./send-lfs.ts";
import {
  endStrays,
  type ScratchRepository,
  takeObjects,
  withScratchRepository,
} from "./scratch-repository.ts";

/** Of names that are tried before none is offered. */
const NAMES_MAX = 100;
const OUTPUT_TAIL_CHARACTERS = 16_384;

/** Somebody's own hooks and upkeep do not run because a session's branch comes in. */
const RECEIVE_PACK =
  "--receive-pack=git -c core.hooksPath=/dev/null -c receive.autogc=false receive-pack";

export interface SentWork {
  /** What the branch names now. */
  commitId: string;
  link: string | null;
}

/**
 * Brings the branch at the remote to the session's work, never by force. Git has the credential only in a repository of
 * ours, which gets objects of the session and nothing else of it. Throws with the reasons of `PushFailure`.
 */
export async function sendWork(
  services: Services,
  push: ClaimedPush,
  signal: AbortSignal,
): Promise<SentWork> {
  const { environment, sandbox } = services;
  const { DATA_DIR: dataDir, CLONE_TIMEOUT_MS: timeoutMs } = environment;
  const repository = parseRepository(push.repository, {
    allowLocalPaths: environment.AUTH_MODE === "local",
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
  });
  await requireUntouched(services, push);
  await endStrays(dataDir, push.pushId);
  await checkDisk({ path: dataDir, minFreeBytes: environment.MIN_FREE_DISK_BYTES, signal });
  const mirror = await openTeamMirror(services, { ...push, repository, signal });
  try {
    const { pushId } = push;
    const options = { dataDir, pushId, mirrorPath: mirror.path, sandbox, signal, timeoutMs };
    return await withScratchRepository(options, async (scratch) => {
      try {
        const commitId = await bringCommit(services, { push, repository, scratch });
        const output = await send(services, { push, repository, scratch, commitId });
        return { commitId, link: compareLink({ ...push, repository, output }) };
      } catch (error) {
        throw withFreeBranch(error, push.branch, scratch);
      }
    });
  } finally {
    await mirror.release();
  }
}

interface PushParts {
  push: ClaimedPush;
  repository: Repository;
  scratch: ScratchRepository;
}

/** The commit that shall be pushed, written down before anybody can see it. */
async function bringCommit(services: Services, parts: PushParts): Promise<string> {
  const { push, scratch } = parts;
  const { signal } = scratch.context;
  const tip = scratch.branches.get(push.branch) ?? null;
  // An earlier run of this push has sent it; what has changed since is for another one.
  if (tip !== null && tip === push.commitId) return tip;
  const { CHECKPOINT_MAX_BYTES: maxBytes } = services.environment;
  return withWork(services, { session: push, signal }, async (work) => {
    await takeObjects(scratch, work, maxBytes);
    await requireUntouched(services, push);
    const commitId = await makeCommit(services, { ...parts, work, tip });
    const rules = addressRulesOf(services, { ...push, signal });
    await sendLfs(scratch, { work, commitId, repository: parts.repository, rules, maxBytes });
    return commitId;
  }).catch((error: unknown) => {
    throw isUnreadable(error) ? unreadable(error) : error;
  });
}

interface CommitParts extends PushParts {
  work: GatheredWork;
  /** What the branch names at the remote; null where there is none. */
  tip: string | null;
}

async function makeCommit(
  services: Services,
  { push, scratch, work, tip }: CommitParts,
): Promise<string> {
  const commitId = await buildCommit(scratch, {
    work,
    tip,
    pushed: await listPushed(services, push),
    message: push.message,
    author: push.author ?? AUTHOR,
    seconds: push.askedAtSeconds,
  });
  await noteCommit(services, push, commitId);
  return commitId;
}

/** Commits that pushes of the session, this one too, were about to send to the branch; the last one first. */
async function listPushed(
  { database: { sql } }: Services,
  { sessionId, generation, branch }: ClaimedPush,
): Promise<string[]> {
  const rows = await sql<{ commitId: string }[]>`
    select commit_id as "commitId" from branch_pushes
    where session_id = ${sessionId} and generation = ${generation} and branch = ${branch}
      and commit_id is not null
    group by commit_id order by max(created_at) desc`;
  return rows.map(({ commitId }) => commitId);
}

/** Throws `gone` where another run of this push has gone on: whoever lost it writes and sends nothing. */
async function noteCommit(
  { database: { sql } }: Services,
  { pushId, commitId: known }: ClaimedPush,
  commitId: string,
): Promise<void> {
  const noted = await sql`
    update branch_pushes set commit_id = ${commitId}
    where id = ${pushId} and status = 'running' and commit_id is not distinct from ${known}
    returning 1`;
  if (noted.length === 0) throw new AppError("gone", "Another run of this push goes on");
}

/** What an agent may make of its repository is no fault of ours. */
function isUnreadable(error: unknown): boolean {
  const reason = gitFailureReason(error);
  return reason === "corrupt" || reason === "unknown";
}

const unreadable = (cause: unknown) =>
  new AppError("unavailable", "Git cannot read the session's files", {
    details: { reason: "files" },
    cause,
  });

/** Files that were read while a turn began or ended may be of two minds. */
async function requireUntouched(
  { database: { sql } }: Services,
  { sessionId, generation, begunAt }: ClaimedPush,
): Promise<void> {
  const [row] = await sql`
    select 1 from prompts
    where session_id = ${sessionId} and generation = ${generation}
      and (
        status in ('delivered', 'started') or delivered_at >= ${begunAt}::timestamptz
        or (delivered_at is not null and settled_at >= ${begunAt}::timestamptz)
      )
    limit 1`;
  if (!row) return;
  throw new AppError("conflict", "The agent began to work: push when its turn has ended", {
    details: { reason: "working" },
  });
}

interface SendOptions extends PushParts {
  commitId: string;
}

/** Answers what git and the server said. What is there already is not sent again. */
async function send(
  services: Services,
  { push: { teamId, branch }, repository, scratch, commitId }: SendOptions,
): Promise<string> {
  const { context, branches } = scratch;
  if (branches.get(branch) === commitId) return "";
  const rules = addressRulesOf(services, { teamId, signal: context.signal });
  let output = "";
  const onOutput = (text: string) => (output = (output + text).slice(-OUTPUT_TAIL_CHARACTERS));
  try {
    await withCheckedRemote(repository, rules, (remote) => {
      const flags = remote.kind === "path" ? [RECEIVE_PACK] : [];
      const refspec = `${commitId}:refs/heads/${branch}`;
      const args = ["push", ...flags, "--no-verify", "--", remote.url, refspec];
      // What it reads has been unpacked once within the scratch repository's memory.
      return runGit({ ...context, sandbox: services.sandbox, onOutput, remote, args });
    });
    return output;
  } catch (error) {
    throw gitFailureReason(error) === "refused" ? refusalOf(output, error) : error;
  }
}

/** A branch of another name would do where this one is somebody else's, or protected. */
function withFreeBranch(error: unknown, branch: string, { branches }: ScratchRepository): unknown {
  const reason = gitFailureReason(error);
  if (!isAppError(error) || (reason !== "diverged" && reason !== "refused")) return error;
  const names = Array.from({ length: NAMES_MAX }, (_, index) => `${branch}-${index + 2}`);
  const freeBranch = names.find((name) => !branches.has(name));
  const { code, message, details, cause } = error;
  return new AppError(code, message, {
    details: { ...details, freeBranch: freeBranch ?? null },
    cause,
  });
}
