import type { PromptOutcome } from "#lib/session-state.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { endRequests } from "#server/permissions/end-requests.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { stopRequested } from "./watch-for-stop.ts";

type Needs = Pick<Services, "database" | "bus">;

interface Settlement {
  messageId: string;
  outcome: PromptOutcome;
  /** Why, safe to show; null when completed. */
  message: string | null;
}

/**
 * The agent has the prompt: from here on it is never sent again by itself. Answers the text as it is at this moment: it
 * can be changed until now. Null when the prompt was taken back; throws `stopRequested` for a first one that somebody has
 * stopped meanwhile, and leaves it waiting.
 */
export async function markDelivered(
  services: Needs,
  ownership: Ownership,
  messageId: string,
): Promise<{ text: string } | null> {
  return changeOwnSession(services, ownership, async (tx, session) => {
    const [delivered] = await tx<{ text: string; isStopped: boolean }[]>`
      update prompts set status = 'delivered', delivered_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
        and message_id = ${messageId} and status = 'accepted'
      returning text, interrupt_requested_at is not null as "isStopped"`;
    if (!delivered) return null;
    if (delivered.isStopped && !session.ready) throw stopRequested();
    await tx`
      update sessions
      set turn_started_at = now(), turn_ended_at = null,
        silent_since = null, status = ${session.ready ? "working" : "preparing"}
      where id = ${ownership.sessionId}`;
    return delivered;
  });
}

/** The agent has begun to answer. With the first prompt the session becomes ready, in the same transaction. */
export async function markStarted(
  services: Needs,
  ownership: Ownership,
  messageId: string,
): Promise<void> {
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update prompts set status = 'started', started_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
        and message_id = ${messageId} and status = 'delivered'`;
    await tx`
      update sessions
      set status_message = null, silent_since = null, ready_at = coalesce(ready_at, now()),
        status = case when exists (
          select 1 from permission_requests
          where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
            and state = 'pending'
        ) then 'needs_you' else 'working' end
      where id = ${ownership.sessionId}`;
    await tx`
      update preparations set status = 'ready', revision = revision + 1, updated_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}`;
  });
}

/** The turn is over, one way or another. */
export async function settlePrompt(
  services: Needs,
  ownership: Ownership,
  settlement: Settlement,
): Promise<void> {
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update prompts
      set status = 'settled', outcome = ${settlement.outcome}, message = ${settlement.message},
        settled_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
        and message_id = ${settlement.messageId} and status in ('delivered', 'started')`;
    await endTurn(tx, ownership);
  });
}

/**
 * The agent never began to answer the first prompt: it waits again, as if it had not been delivered. True when the
 * agent had it. A Stop of it stays asked for, until `forgetStop`.
 */
export async function returnPrompt(
  tx: TransactionSql,
  { sessionId, generation }: Ownership,
): Promise<boolean> {
  const returned = await tx<{ delivered: boolean }[]>`
    with waiting as (
      select message_id, status = 'delivered' as delivered from prompts
      where session_id = ${sessionId} and generation = ${generation}
        and status in ('accepted', 'delivered')
    )
    update prompts
    set status = 'accepted', delivered_at = null
    from waiting
    where session_id = ${sessionId} and generation = ${generation}
      and prompts.message_id = waiting.message_id
    returning delivered`;
  return returned.some((prompt) => prompt.delivered);
}

/**
 * Settles what a worker that died, or lost the database for longer than its lease, had given to its agent. Nobody knows
 * how far the agent came, so nothing is sent again: the person sees it as failed and decides.
 */
export async function settleAbandonedPrompts(services: Needs, ownership: Ownership): Promise<void> {
  await changeOwnSession(services, ownership, async (tx, session) => {
    const { sessionId, generation } = ownership;
    const trouble = (await isWorkerAlive(tx, ownership))
      ? "The database could not be reached"
      : "The server stopped";
    const abandoned = await tx`
      update prompts
      set status = 'settled', outcome = 'failed', settled_at = now(),
        message = ${`${trouble} while the agent was working on this`}
      where session_id = ${sessionId} and generation = ${generation}
        and status in ('delivered', 'started')
      returning 1`;
    if (abandoned.length === 0) return;
    await endTurn(tx, ownership);
    if (session.ready) return;
    await tx`
      update sessions
      set status = 'failed', status_message = ${`${trouble} while the agent was starting`}
      where id = ${sessionId}`;
    await tx`
      update preparations set status = 'failed', revision = revision + 1
      where session_id = ${sessionId} and generation = ${generation}`;
  });
}

/** Whether the process that ran the session's last agent still lives: then it is not what failed. */
async function isWorkerAlive(
  tx: TransactionSql,
  { sessionId, generation }: Ownership,
): Promise<boolean> {
  const [last] = await tx<{ alive: boolean }[]>`
    select exists (select 1 from processes where processes.id = process_id) as alive
    from executions
    where session_id = ${sessionId} and generation = ${generation}
    order by started_at desc limit 1`;
  return last?.alive ?? false;
}

export async function endTurn(
  tx: TransactionSql,
  { sessionId, generation }: Ownership,
): Promise<void> {
  await endRequests(tx, { sessionId, generation }, "expired");
  await tx`
    update sessions
    set turn_ended_at = now(), silent_since = null, status = case when exists (
        select 1 from prompts
        where session_id = ${sessionId} and generation = ${generation} and prompts.status = 'accepted'
      ) then 'working' else 'idle' end
    where id = ${sessionId}`;
}
