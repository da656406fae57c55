import type { Services } from "#server/services.ts";
import { postWebhook, type WebhookMessage } from "./post-webhook.ts";
import { readBatch } from "./read-batches.ts";

const ATTEMPTS_MAX = 8;
const AT_ONCE = 10;
/** Pauses grow fourfold from here: the last attempt is more than seven hours after the first. */
const FIRST_PAUSE_SECONDS = 5;

interface Due extends Omit<WebhookMessage, "body"> {
  batchId: string;
  attempts: number;
}

/**
 * Tells of batches that have ended, as far as it is due. At least once: the next attempt is planned before this one is
 * made, and taken back when it was heard. Safe to run at any time, and by many at once.
 */
export async function sendWebhooks(
  services: Pick<Services, "database" | "environment" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const { sql } = services.database;
  const due = await sql<Due[]>`
    with due as (
      select batch_id from batch_webhooks join batches on id = batch_id
      where due_at <= now() and state in ('done', 'aborted')
      order by due_at limit ${AT_ONCE} for update of batch_webhooks skip locked
    )
    update batch_webhooks w set
      attempts = attempts + 1, due_at = case when attempts + 1 < ${ATTEMPTS_MAX}
        then now() + ${FIRST_PAUSE_SECONDS} * power(4, attempts) * interval '1 second' end
    from due where w.batch_id = due.batch_id
    returning w.batch_id as "batchId", url, secret, message_id as "messageId", attempts`;
  await Promise.all(due.map((one) => sendOne(services, one, signal)));
}

async function sendOne(
  { database, environment, log }: Pick<Services, "database" | "environment" | "log">,
  { batchId, attempts, ...message }: Due,
  signal: AbortSignal,
): Promise<void> {
  const batch = await readBatch(database, batchId);
  const reason = await postWebhook(
    { ...message, body: JSON.stringify({ type: `batch.${batch.state}`, batch }) },
    { allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS, signal },
  );
  if (reason !== null) log.warn({ batchId, attempts, reason }, "webhook not heard");
  // A message that was overtaken by the next end of the batch has nothing more to say.
  await database.sql`
    update batch_webhooks set
      reason = ${reason}, sent_at = case when ${reason === null} then now() end,
      due_at = case when ${reason !== null} then due_at end
    where batch_id = ${batchId} and message_id = ${message.messageId}`;
}
