import { z } from "zod";
import type { BranchPush } from "#lib/changes/branch-push.ts";
import { AppError } from "#lib/errors.ts";
import { createPushId, isPushId } from "#lib/ids.ts";
import { COMMIT_MESSAGE_MAX_CHARACTERS } from "#lib/limits.ts";
import { parseBranch, parseRepository } from "#lib/repository.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { isKept } from "#server/checkpoints/find-checkpoint.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { redactText } from "#server/sandboxes/redact-output.ts";
import type { Services } from "#server/services.ts";
import { changeSession, requireOpen } from "#server/sessions/change-session.ts";
import { hostPushQueue, pushBranchJob } from "./push-branch-job.ts";
import { findLastPush, findPush, isOverdue, overdue } from "./read-push.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "environment">;

const notAPushId = { message: "This is not the id of a push" };
const tooLong = `A message has at most ${COMMIT_MESSAGE_MAX_CHARACTERS} characters`;

/** What is left out is the session's own: its branch, and its title as the message. */
export const newPush = z.strictObject({
  branch: z.string().optional(),
  /** Made by the client, so that a repeated request finds the push that the first one asked for. */
  pushId: z.string(notAPushId).refine(isPushId, notAPushId).optional(),
  /** Of the commit for what is not committed. */
  message: z
    .string()
    .max(COMMIT_MESSAGE_MAX_CHARACTERS, { message: tooLong })
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/, { message: "A message is plain text" })
    .optional(),
});

export type NewPush = z.infer<typeof newPush>;

/** A session as far as a push depends on it. */
interface PushedSession {
  title: string;
  repository: string | null;
  workBranch: string | null;
  isAtWork: boolean;
  /** A checkpoint holds its work. */
  isKept: boolean;
  /** Of the host that has its folder, where that host works. */
  hostId: string | null;
}

/**
 * Has a session's work sent to a branch of its repository; the row tells how that goes. Asked for the same while it is
 * under way, or under the same id at any time, it answers that one. A `conflict` while the agent works or something else is being pushed, `forbidden`
 * without a credential for the git server, `unavailable` when nobody has the files.
 */
export async function requestPush(
  services: Needs,
  { viewer, access }: { viewer: Viewer; access: SessionAccess },
  input: NewPush,
): Promise<BranchPush> {
  return changeSession(services, access, async (tx, session) => {
    const known = await findRepeated(tx, access, input);
    if (known !== null) return known;
    requireOpen(session);
    if (!session.ready) {
      throw refuse("The session has not begun to work: there is nothing to push", "nothing");
    }
    const pushed = await getPushedSession(tx, access);
    const branch = parseField("branch", () => parseBranch(input.branch ?? pushed.workBranch ?? ""));
    const message = redactText(input.message?.trim() || pushed.title);
    await giveUpOverdue(tx, access);
    const last = await findLastPush(tx, access);
    if (last !== null && (last.status === "waiting" || last.status === "running")) {
      if (last.branch === branch && last.message === message) return last;
      throw refuse(`The session is being pushed to ${last.branch}`, "pushing");
    }
    requireIdle(pushed);
    await requireCredential(services, tx, { teamId: session.teamId, ...pushed });
    const { pushId = createPushId() } = input;
    const { sessionId, generation } = access;
    await tx`
      insert into branch_pushes (id, session_id, generation, requested_by, branch, message, status)
      values (${pushId}, ${sessionId}, ${generation}, ${viewer.userId}, ${branch}, ${message}, 'waiting')`;
    const queueName = pushed.hostId === null ? {} : { queueName: hostPushQueue(pushed.hostId) };
    await services.queue.enqueue(pushBranchJob, { pushId }, { tx, ...queueName });
    return (await findLastPush(tx, access))!;
  });
}

/** What this id was given to before; a `conflict` where that was something else. */
async function findRepeated(
  tx: TransactionSql,
  { sessionId }: SessionAccess,
  { pushId, branch, message }: NewPush,
): Promise<BranchPush | null> {
  if (pushId === undefined) return null;
  const [row] = await tx<{ sessionId: string; generation: number }[]>`
    select session_id as "sessionId", generation from branch_pushes where id = ${pushId}`;
  if (!row) return null;
  const known = row.sessionId === sessionId ? await findPush(tx, { ...row, pushId }) : null;
  const isSame =
    known !== null &&
    (branch === undefined || branch === known.branch) &&
    (!message?.trim() || redactText(message.trim()) === known.message);
  if (isSame) return known;
  throw new AppError("conflict", "This push id was used for another push", {
    details: { field: "pushId", pushId },
  });
}

async function getPushedSession(
  tx: TransactionSql,
  { sessionId, generation }: SessionAccess,
): Promise<PushedSession> {
  const [row] = await tx<PushedSession[]>`
    select title, repository, work_branch as "workBranch",
      status in ('preparing', 'working', 'needs_you') or exists (
        select from prompts
        where prompts.session_id = sessions.id and prompts.generation = sessions.generation
          and (prompts.status in ('delivered', 'started')
            or prompts.status = 'accepted' and sessions.status <> 'failed')
      ) as "isAtWork",
      ${isKept(tx, "sessions")} as "isKept",
      (
        select host_id from workspaces
        where workspaces.session_id = sessions.id and workspaces.generation = sessions.generation
          and state = 'prepared' and exists (
            select from processes where processes.host_id = workspaces.host_id and slots > 0
          )
      ) as "hostId"
    from sessions where id = ${sessionId} and generation = ${generation}`;
  return row!;
}

/** Of a worker that died at it three times nobody would say so. */
async function giveUpOverdue(tx: TransactionSql, { sessionId }: SessionAccess): Promise<void> {
  await tx`
    update branch_pushes
    set status = 'failed', failure = ${JSON.stringify(overdue)}::text::jsonb, ended_at = now()
    where session_id = ${sessionId} and ${isOverdue(tx)}`;
}

function requireIdle({ isAtWork, isKept: kept, hostId }: PushedSession): void {
  if (isAtWork) throw refuse("The agent is at work: push when its turn has ended", "working");
  if (kept || hostId !== null) return;
  throw new AppError(
    "unavailable",
    "This session's files are on a machine that does not answer, and nothing else has them",
    { details: { reason: "files" } },
  );
}

/** A folder of this machine takes branches from whoever may write there; a server wants to know who it is. */
async function requireCredential(
  { environment }: Pick<Needs, "environment">,
  tx: TransactionSql,
  { teamId, repository: text }: Pick<PushedSession, "repository"> & { teamId: string },
): Promise<void> {
  const repository = parseRepository(text ?? "", {
    allowLocalPaths: environment.AUTH_MODE === "local",
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
  });
  if (repository.kind === "path") return;
  const { host } = new URL(repository.url);
  const [credential] = await tx`
    select 1 from git_credentials where team_id = ${teamId} and host = ${host}`;
  if (credential) return;
  throw new AppError(
    "forbidden",
    `The team has no credential for ${host}: set one under Settings, Git credentials`,
    { details: { reason: "no_credential", host } },
  );
}

const refuse = (message: string, reason: string) =>
  new AppError("conflict", message, { details: { reason } });

function parseField<Value>(field: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new AppError("invalid_input", cause.message, { details: { field }, cause });
  }
}
