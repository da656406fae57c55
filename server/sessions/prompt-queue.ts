import { createHash } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { createMessageId } from "#lib/ids.ts";
import { PROMPTS_WAITING_MAX } from "#lib/limits.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { copyAttachments, takeAttachments } from "#server/attachments/take-attachments.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { endRequests, resumeSession } from "#server/permissions/end-requests.ts";
import type { Services } from "#server/services.ts";
import { changeSession, type LockedSession, requireOpen } from "./change-session.ts";
import { enqueueRun, wakeSession } from "./enqueue-run.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;

interface NewPrompt {
  messageId: string;
  text: string;
  /** Ids of files that go with it. */
  attachments?: string[] | undefined;
}

/**
 * Accepts a follow-up; the actor delivers it when those before it have settled. The same id with the same text
 * answers the same; with another text it is a `conflict`. Refused before the session is ready and when ten wait.
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
      requireReady(session);
      await requireRoom(tx, access);
      await tx`
        insert into prompts (
          session_id, generation, message_id, owner_id, text, request_hash, status
        ) values (
          ${access.sessionId}, ${access.generation}, ${prompt.messageId}, ${viewer.userId},
          ${prompt.text}, ${requestHash}, 'accepted'
        )`;
      await takeAttachments(tx, { ...access, messageId: prompt.messageId, attachmentIds });
      await wakeSession(tx, services.queue, access);
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
    requireFollowUp(session, "discard that instead");
    const cancelled = await tx`
      update prompts set status = 'settled', outcome = 'cancelled', settled_at = now()
      where session_id = ${access.sessionId} and generation = ${access.generation}
        and message_id = ${messageId} and status = 'accepted'
      returning 1`;
    if (cancelled.length === 0) await refuseChange(tx, access, messageId);
  });
}

/** Throws `conflict` while the session has none but the prompt that it was started with. */
export function requireFollowUp({ ready }: LockedSession, instead: string): void {
  if (ready) return;
  throw new AppError("conflict", `The first prompt goes with its session: ${instead}`);
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
    await requireRoom(tx, access);
    const retryId = await acceptAgain(tx, access, messageId);
    await wakeSession(tx, services.queue, access);
    return { messageId: retryId };
  });
}

/** Puts a prompt that ended without being completed at the end of the line; answers the id that it has there. */
export async function acceptAgain(
  tx: TransactionSql,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
  messageId: string,
): Promise<string> {
  const retryId = createMessageId();
  const retried = await tx`
    with ended as (
      update prompts set outcome = 'cancelled', message = 'Sent again', retried_as = ${retryId}
      where session_id = ${sessionId} and generation = ${generation}
        and message_id = ${messageId} and status = 'settled'
        and outcome in ('failed', 'interrupted')
      returning *
    )
    insert into prompts (
      session_id, generation, message_id, owner_id, text, request_hash, status
    )
    select session_id, generation, ${retryId}, owner_id, text, request_hash, 'accepted' from ended
    returning 1`;
  if (retried.length === 0) {
    throw new AppError("conflict", "Only a prompt that failed can be sent again", {
      details: { messageId },
    });
  }
  await copyAttachments(tx, { sessionId, generation }, { from: messageId, to: retryId });
  return retryId;
}

/**
 * Asks the actor to end what runs now: a turn is cancelled, with what the agent asked in it, and a preparation fails
 * with its prompt kept. Nothing happens when nothing runs.
 */
export async function interruptTurn(services: Needs, access: SessionAccess): Promise<void> {
  await changeSession(services, access, async (tx) => {
    await tx`
      update prompts set interrupt_requested_at = coalesce(interrupt_requested_at, now())
      where session_id = ${access.sessionId} and generation = ${access.generation}
        and (
          status in ('delivered', 'started')
          or (status = 'accepted' and exists (
            select 1 from preparations
            where session_id = ${access.sessionId} and generation = ${access.generation}
              and preparations.status in ('waiting', 'running')
          ))
        )`;
    await endRequests(tx, access, "cancelled");
    await resumeSession(tx, access);
    await enqueueRun(tx, services.queue, access);
  });
}

function requireReady({ ready, status }: LockedSession): void {
  if (ready) return;
  const message =
    status === "failed"
      ? "The session could not be prepared: retry that first"
      : "The session takes prompts once its agent has started";
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
