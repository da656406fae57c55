import type { Services } from "#server/services.ts";
import { postWebhook, type WebhookMessage } from "./post-webhook.ts";
import { readBatch } from "./read-batches.ts";

const ATTEMPTS_MAX = 8;
const AT_ONCE = 10;
/** Pauses grow fourfold from here: the last attempt is more than seven hours after the first. */
const FIRST_PAUSE_SECONDS = 5;
/** An attempt is over by then, whatever happens to it: nobody makes the next one beside it. */
const ATTEMPT_SECONDS = 60;

interface Due extends Omit<WebhookMessage, "body"> {
  batchId: string;
  attempts: number;
}

/**
 * Tells of batches that have ended, as far as it is due. At least once: the next attempt is planned before this one is
 * made, for when that must be over, and taken back when it was heard. Safe to run at any time, and by many at once.
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
        then now() + ${ATTEMPT_SECONDS} * interval '1 second' end
    from due where w.batch_id = due.batch_id
    returning w.batch_id as "batchId", url, secret, message_id as "messageId", attempts`;
  await Promise.all(
    due.map((one) =>
      sendOne(services, one, signal).catch((error: unknown) => {
        services.log.warn({ err: error, batchId: one.batchId }, "webhook to be sent again");
      }),
    ),
  );
}

async function sendOne(
  { database, environment, log }: Pick<Services, "database" | "environment" | "log">,
  { batchId, attempts, ...message }: Due,
  signal: AbortSignal,
): Promise<void> {
  const batch = await readBatch(database, batchId);
  // Lines of it are tried again since: there is another message when it ends again.
  if (batch.state !== "done" && batch.state !== "aborted") return;
  const reason = await postWebhook(
    { ...message, body: JSON.stringify({ type: `batch.${batch.state}`, batch }) },
    { allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS, signal },
  );
  if (reason !== null) log.warn({ batchId, attempts, reason }, "webhook not heard");
  const isHeard = reason === null;
  const pauseSeconds = FIRST_PAUSE_SECONDS * 4 ** (attempts - 1);
  // A message that was overtaken by the next end of the batch, or heard since, has nothing more to say.
  await database.sql`
    update batch_webhooks set
      reason = ${reason}, sent_at = case when ${isHeard} then now() end,
      due_at = case when ${!isHeard} and due_at is not null
        then now() + ${pauseSeconds} * interval '1 second' end
    where batch_id = ${batchId} and message_id = ${message.messageId}
      and (${isHeard} or attempts = ${attempts} and sent_at is null)`;
}
