import { isRecord } from "#lib/is-record.ts";
import type { SessionUsage } from "#lib/transcript.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import { isPartOfKind } from "./part-kind.ts";
import { readMembers } from "./read-members.ts";
import {
  isWithin,
  readBounds,
  type Bounds,
  type MessageOrder,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";

const PAGE_MESSAGES = 1_000;
/** Bodies of messages are small; what is larger is not added up. */
const BODY_MAX_BYTES = 65_536;

export interface UsageQuery extends Target {
  span?: TranscriptSpan | undefined;
  budgetMs: number;
}

const sumNames = [
  "costUsd",
  "inputTokens",
  "cachedTokens",
  "outputTokens",
  "reasoningTokens",
] as const;

/** Adds up what the answers of a session say of themselves, as far as the budget goes. */
export async function readUsage({ sql }: Database, query: UsageQuery): Promise<SessionUsage> {
  const { span = {}, budgetMs } = query;
  const endsAtMs = performance.now() + budgetMs;
  const usage = createUsage();
  const bounds = await sql.begin("read only", async (tx) => {
    await keepToKeys(tx);
    return readBounds(tx, query, span);
  });
  if (bounds === null) return usage;
  for (let at: MessageOrder = { sortKey: "", firstSeq: "0" }; ;) {
    const from = at;
    const rows = await sql.begin("read only", (tx) => selectAnswers(tx, query, { bounds, from }));
    for (const { body, retryCount } of rows) {
      usage.retryCount += Number(retryCount);
      if (body !== null) addMessage(usage, body);
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_MESSAGES) return usage;
    at = last;
    if (performance.now() >= endsAtMs) return { ...usage, isPartial: true };
  }
}

interface AnswerRow extends MessageOrder {
  body: string | null;
  retryCount: string;
}

/** The next answers after `from`, each with what is counted of it. */
async function selectAnswers(
  tx: TransactionSql,
  { sessionId, generation, span }: UsageQuery,
  { bounds, from }: { bounds: Bounds; from: MessageOrder },
): Promise<AnswerRow[]> {
  const inTime = (table: string) =>
    span?.maxSeq === undefined ? tx`` : tx`and ${tx(table)}.seq <= ${span.maxSeq}`;
  await keepToKeys(tx);
  return tx<AnswerRow[]>`
    select m.sort_key as "sortKey", m.first_seq as "firstSeq", i.body,
      (select count(*) from (
        select from items i
        where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
          and i.message_id = m.message_id and not i.deleted and i.byte_size < ${BODY_MAX_BYTES} ${inTime("i")}
          and ${isPartOfKind(tx, "retry")}
        order by i.part_id
      ) retries) as "retryCount"
    from (
      select message_id, sort_key, first_seq from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'assistant' and not deleted
        and (sort_key, first_seq) > (${from.sortKey}, ${from.firstSeq}::bigint) ${isWithin(tx, bounds)}
      order by sort_key, first_seq limit ${PAGE_MESSAGES}
    ) m
    cross join lateral (
      select case when i.byte_size <= ${BODY_MAX_BYTES} then i.body end as body from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
        and i.message_id = m.message_id ${inTime("i")}
      order by i.part_id limit 1
    ) i
    order by m.sort_key, m.first_seq`;
}

function createUsage(): SessionUsage {
  return {
    costUsd: null,
    inputTokens: null,
    cachedTokens: null,
    outputTokens: null,
    reasoningTokens: null,
    errorCount: 0,
    retryCount: 0,
    isPartial: false,
  };
}

function addMessage(usage: SessionUsage, body: string): void {
  const members = readMembers(Buffer.from(body), ["cost", "tokens", "error"]);
  const tokens = members.get("tokens");
  const cache = memberOf(tokens, "cache");
  const values: Record<(typeof sumNames)[number], unknown> = {
    costUsd: members.get("cost"),
    inputTokens: memberOf(tokens, "input"),
    cachedTokens: memberOf(cache, "read"),
    outputTokens: memberOf(tokens, "output"),
    reasoningTokens: memberOf(tokens, "reasoning"),
  };
  for (const name of sumNames) {
    const value = values[name];
    if (typeof value === "number" && value >= 0) usage[name] = (usage[name] ?? 0) + value;
  }
  if (isRecord(members.get("error"))) usage.errorCount += 1;
}

const memberOf = (value: unknown, name: string) => (isRecord(value) ? value[name] : undefined);
