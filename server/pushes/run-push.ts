import type { PushFailure, PushFailureReason } from "#lib/changes/branch-push.ts";
import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import { isDatabaseAway } from "#server/database/is-database-away.ts";
import type { Services } from "#server/services.ts";
import { changeSession } from "#server/sessions/change-session.ts";
import { PUSH_MAX_MS } from "./push-branch-job.ts";
import { sendWork, type SentWork } from "./send-work.ts";

/** A push that is under way. */
export interface ClaimedPush {
  pushId: string;
  sessionId: string;
  generation: number;
  teamId: string;
  repository: string;
  baseBranch: string | null;
  branch: string;
  message: string;
  author: { name: string; email: string } | null;
  /** When it was asked for, in seconds since 1970. */
  askedAtSeconds: number;
  /** What an earlier run of it was about to send, and may have sent; null for none. */
  commitId: string | null;
  /** When this run of it began, as the database writes it. */
  begunAt: string;
}

interface RunOptions {
  signal: AbortSignal;
  /** From the fetch to the answer of the git server. */
  maxMs?: number;
}

/**
 * Does what a push asks for and records how it ended. Safe to run again: what an earlier run has sent is found at the
 * remote. Throws only where another run shall try it, because this process ends or the database is away.
 */
export async function runPush(
  services: Services,
  pushId: string,
  { signal, maxMs = PUSH_MAX_MS }: RunOptions,
): Promise<void> {
  const push = await claimPush(services, pushId);
  if (push === null) return;
  const limit = startLimit(maxMs);
  const over = AbortSignal.any([signal, limit.signal]);
  try {
    await recordDone(services, push, await sendWork(services, push, over));
  } catch (error) {
    if (signal.aborted || isDatabaseAway(error)) throw error;
    if (isAppError(error) && error.code === "gone") return;
    const failure = describeFailure(toAppError(error));
    const { sessionId } = push;
    if (failure.reason === "other") {
      services.log.warn({ err: error, sessionId, pushId }, "branch not pushed");
    }
    await recordFailure(services, push, failure);
  } finally {
    limit.clear();
  }
}

/** Aborts with words that can be shown. */
function startLimit(maxMs: number): { signal: AbortSignal; clear(): void } {
  const over = new AbortController();
  const message = `The push did not end within ${durationInWords(maxMs)}`;
  const error = new AppError("unavailable", message, { details: { reason: "timeout", maxMs } });
  const timer = setTimeout(() => over.abort(error), maxMs);
  return { signal: over.signal, clear: () => clearTimeout(timer) };
}

/** Null when it has ended, or its session is gone. */
async function claimPush(services: Services, pushId: string): Promise<ClaimedPush | null> {
  const { sql } = services.database;
  const [push] = await sql<ClaimedPush[]>`
    select branch_pushes.id as "pushId", session_id as "sessionId", branch_pushes.generation,
      team_id as "teamId", repository, base_branch as "baseBranch", branch, message,
      commit_id as "commitId",
      (
        select settings->'author' from profiles
        where profiles.team_id = sessions.team_id and case when profile_id is null
          then lower(profiles.name) = lower(profile_name) else profiles.id = profile_id end
      ) as author,
      floor(extract(epoch from branch_pushes.created_at))::int as "askedAtSeconds",
      now()::text as "begunAt"
    from branch_pushes join sessions
      on sessions.id = session_id and sessions.generation = branch_pushes.generation
    where branch_pushes.id = ${pushId} and branch_pushes.status in ('waiting', 'running')
      and deleted_at is null`;
  if (!push) return null;
  await changeSession(services, push, async (tx) => {
    await tx`update branch_pushes set status = 'running' where id = ${pushId} and status = 'waiting'`;
  });
  return push;
}

async function recordDone(
  services: Services,
  push: ClaimedPush,
  { commitId, link }: SentWork,
): Promise<void> {
  await changeSession(services, push, async (tx) => {
    await tx`
      update branch_pushes
      set status = 'done', commit_id = ${commitId}, link = ${link}, ended_at = now()
      where id = ${push.pushId} and status = 'running'`;
  });
}

async function recordFailure(
  services: Services,
  push: ClaimedPush,
  failure: PushFailure,
): Promise<void> {
  await changeSession(services, push, async (tx) => {
    await tx`
      update branch_pushes
      set status = 'failed', failure = ${JSON.stringify(failure)}::text::jsonb, ended_at = now()
      where id = ${push.pushId} and status = 'running'`;
  });
}

const reasons: Partial<Record<string, PushFailureReason>> = {
  nothing: "nothing",
  working: "working",
  diverged: "diverged",
  refused: "refused",
  authentication: "no_access",
  not_found: "no_access",
  files: "files",
  checkpoint_missing: "files",
  checkpoint_damaged: "files",
  lfs_damaged: "files",
};

function describeFailure({ code, message, details }: AppError): PushFailure {
  const reason = reasons[String(details["reason"])] ?? (code === "too_large" ? "files" : "other");
  const { freeBranch } = details;
  return { reason, message, freeBranch: typeof freeBranch === "string" ? freeBranch : null };
}
