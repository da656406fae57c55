import { AppError } from "#lib/errors.ts";
import type { PromptState } from "#lib/session-state.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import { promptFiles } from "#server/attachments/take-attachments.ts";
import type { Database, Fragment, Sql } from "#server/database/database.ts";

/** A prompt whatever became of it. */
export interface KnownPrompt extends PromptState {
  /** The one that took its place when it was sent again; null for none. */
  retriedAs: string | null;
}

/** Throws `not_found` for an id that the session does not have. */
export async function getPrompt(
  { sql }: Database,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
  messageId: string,
): Promise<KnownPrompt> {
  const [prompt] = await sql<KnownPrompt[]>`
    select ${promptColumns(sql)}, retried_as as "retriedAs"
    from prompts join sessions on sessions.id = session_id
    where session_id = ${sessionId} and prompts.generation = ${generation}
      and message_id = ${messageId}`;
  if (!prompt)
    throw new AppError("not_found", "There is no such prompt", { details: { messageId } });
  return prompt;
}

/** Of `prompts`, in a query that has the row of `sessions` too. */
export const promptColumns = (sql: Sql): Fragment => sql`
  message_id as "messageId", text, ${promptFiles(sql)} as attachments, prompts.status,
  case when prompts.status <> 'accepted' then null when sessions.status = 'failed' then 'retry'
    when sessions.initiated_at is null then 'initiate' else 'turn' end as "waitsFor",
  outcome, message, ${isoMoment(sql, "prompts.created_at")} as "createdAt",
  ${isoMoment(sql, "delivered_at")} as "deliveredAt", ${isoMoment(sql, "started_at")} as "startedAt",
  ${isoMoment(sql, "settled_at")} as "settledAt"`;

/** Moments as ISO 8601 in UTC: through `sql` they are text, and browsers differ in what else they parse. */
export const isoMoment = (sql: Sql, column: string): Fragment =>
  sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
