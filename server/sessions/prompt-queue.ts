import { createHash } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { PROMPTS_WAITING_MAX } from "#lib/limits.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { takeAttachments } from "#server/attachments/take-attachments.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { endRequests, resumeSession } from "#server/permissions/end-requests.ts";
import type { Services } from "#server/services.ts";
import { acceptAgain } from "./accept-again.ts";
import { changeSession, type LockedSession, requireOpen } from "./change-session.ts";
import { enqueueRun, wakeSession } from "./enqueue-run.ts";
import { requireFollowUp } from "./first-prompt.ts";
import { stopWaiting } from "./stop-waiting.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

interface NewPrompt {
  messageId: string;
  text: string;
  /** Ids of files that go with it. */
  attachments?: string[] | undefined;
}

/**
 * Accepts a follow-up; the actor delivers it when those before it have settled. The same id with the same text
 * answers the same; with another text it is a `conflict`. While the session is prepared it waits behind the first prompt;
 * refused where that has failed, and when ten wait.
 */
export async function sendPrompt(
  services: Needs,
  { viewer, access, prompt }: { viewer: Viewer; access: SessionAccess; prompt: NewPrompt },
): Promise<{ messageId: string }> {
  const attachmentIds = prompt.attachments ?? [];
  const hash = createHash("sha256").update(prompt.text);
  for (const id of attachmentIds) hash.update(`\0${id}`);
  const requestHash = hash.digest("hex");
  try {
    return await changeSession(services, access, async (tx, session) => {
      const [known] = await tx<{ same: boolean }[]>`
        select session_id = ${access.sessionId} and request_hash = ${requestHash} as same
        from prompts where owner_id = ${viewer.userId} and message_id = ${prompt.messageId}`;
      if (known?.same) return { messageId: prompt.messageId };
      if (known) throw repeatedMessage(prompt.messageId);
      requireOpen(session);
      requireAgent(session);
      await requireRoom(tx, access);
      await tx`
        insert into prompts (
          session_id, generation, message_id, owner_id, text, request_hash, status
        ) values (
          ${access.sessionId}, ${access.generation}, ${prompt.messageId}, ${viewer.userId},
          ${prompt.text}, ${requestHash}, 'accepted'
        )`;
      await takeAttachments(tx, { ...access, messageId: prompt.messageId, attachmentIds });
      // A preparation that is under way, or waits for a slot, goes on as it is.
      if (session.ready) await wakeSession(tx, services.queue, access);
      else await enqueueRun(tx, services.queue, access);
      return { messageId: prompt.messageId };
    });
  } catch (error) {
    if (isUniqueViolation(error, "prompts_owner_message")) throw repeatedMessage(prompt.messageId);
    throw error;
  }
}

/** Takes a waiting prompt back. One that the agent has already is a `conflict`: stop the turn instead. */
export async function cancelPrompt(
  services: Needs,
  { access, messageId }: { access: SessionAccess; messageId: string },
): Promise<void> {
  await changeSession(services, access, async (tx, session) => {
    const instead = "discard that instead";
    await requireFollowUp(tx, session, { access, messageId, instead });
    const cancelled = await tx`
      update prompts set status = 'settled', outcome = 'cancelled', settled_at = now()
      where session_id = ${access.sessionId} and generation = ${access.generation}
        and message_id = ${messageId} and status = 'accepted'
      returning 1`;
    if (cancelled.length === 0) await refuseChange(tx, access, messageId);
  });
}

/** Throws for a prompt that does not wait: `conflict` with how far it has come, `not_found` where there is none. */
export async function refuseChange(
  tx: TransactionSql,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
  messageId: string,
): Promise<never> {
  const [known] = await tx<{ promptStatus: string; outcome: string | null }[]>`
    select status as "promptStatus", outcome from prompts
    where session_id = ${sessionId} and generation = ${generation} and message_id = ${messageId}`;
  if (!known) {
    throw new AppError("not_found", "There is no such prompt", { details: { messageId } });
  }
  throw new AppError("conflict", "The agent has this prompt already, or it has ended", {
    details: { messageId, ...known },
  });
}

/** Sends a prompt that failed or was interrupted again, under an id of its own. Repeats answer the first retry. */
export async function retryPrompt(
  services: Needs,
  { access, messageId }: { access: SessionAccess; messageId: string },
): Promise<{ messageId: string }> {
  return changeSession(services, access, async (tx, session) => {
    const [known] = await tx<{ retriedAs: string | null }[]>`
      select retried_as as "retriedAs" from prompts
      where session_id = ${access.sessionId} and generation = ${access.generation}
        and message_id = ${messageId}`;
    if (!known) {
      throw new AppError("not_found", "There is no such prompt", { details: { messageId } });
    }
    if (known.retriedAs !== null) return { messageId: known.retriedAs };
    requireOpen(session);
    // Before the session is ready it is the first prompt, which those that wait came behind.
    if (session.ready) await requireRoom(tx, access);
    const retryId = await acceptAgain(tx, access, { messageId, keepsPlace: !session.ready });
    await wakeSession(tx, services.queue, access);
    return { messageId: retryId };
  });
}

/**
 * Asks the actor to end what runs now: a turn is cancelled, with what the agent asked in it, and a preparation fails
 * with its prompts kept; one that no worker has begun fails here. Nothing happens when nothing runs, and what waits behind
 * it stays.
 */
export async function interruptTurn(services: Needs, access: SessionAccess): Promise<void> {
  await changeSession(services, access, async (tx) => {
    const stopped = await tx<{ promptStatus: string }[]>`
      update prompts set interrupt_requested_at = coalesce(interrupt_requested_at, now())
      where session_id = ${access.sessionId} and generation = ${access.generation}
        and (
          status in ('delivered', 'started')
          or message_id = (
            select message_id from prompts
            where session_id = ${access.sessionId} and generation = ${access.generation}
              and status = 'accepted' and exists (
                select from preparations
                where session_id = ${access.sessionId} and generation = ${access.generation}
                  and preparations.status in ('waiting', 'running')
              ) and not exists (
                select from prompts
                where session_id = ${access.sessionId} and generation = ${access.generation}
                  and status in ('delivered', 'started')
              )
            order by created_at, message_id limit 1
          ) and status = 'accepted'
        )
      returning status as "promptStatus"`;
    // What an agent may have had is for the next owner to settle.
    const isWaiting = stopped.some(({ promptStatus }) => promptStatus === "accepted");
    if (isWaiting && (await stopWaiting(tx, access))) return;
    await endRequests(tx, access, "cancelled");
    await resumeSession(tx, access);
    await enqueueRun(tx, services.queue, access);
  });
}

/** Throws `conflict` where no agent will come to a prompt. */
function requireAgent({ ready, hasWorkspace, status }: LockedSession): void {
  const message = !hasWorkspace
    ? "The session was brought here: there is no workspace to go on in"
    : !ready && status === "failed"
      ? "The session could not be prepared: retry that first"
      : null;
  if (message === null) return;
  throw new AppError("conflict", message, { details: { sessionStatus: status } });
}

async function requireRoom(tx: TransactionSql, access: SessionAccess): Promise<void> {
  const [row] = await tx<{ waiting: number }[]>`
    select count(*)::int as waiting from prompts
    where session_id = ${access.sessionId} and generation = ${access.generation}
      and status = 'accepted'`;
  if ((row?.waiting ?? 0) >= PROMPTS_WAITING_MAX) {
    throw new AppError("rate_limited", `${PROMPTS_WAITING_MAX} prompts are waiting already`);
  }
}

const repeatedMessage = (messageId: string) =>
  new AppError("conflict", "This message id was used for another request", {
    details: { field: "messageId", messageId },
  });
