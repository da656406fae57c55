import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { readMembers } from "#server/items/read-members.ts";
import { readTailMembers } from "#server/items/read-tail-members.ts";

/** Where the bytes of a session are. Sizes are UTF-8 bytes of bodies. */
export interface SessionWeight {
  bytes: number;
  itemCount: number;
  /** Heaviest first, `GROUPS_MAX` at most: the rest is what they lack of the whole. */
  groups: WeightGroup[];
  turnCount: number;
  /** Heaviest first, `TURNS_MAX` at most. */
  turns: TurnWeight[];
}

export interface WeightGroup {
  /** Of the item: `message`, `part`, … */
  type: string;
  /** Of a part: `text`, `tool`, …; null where its beginning does not tell, and of what is no part. */
  kind: string | null;
  /** Of a part that names one. */
  tool: string | null;
  bytes: number;
  count: number;
}

export interface TurnWeight {
  /** From 1; 0 is what stands before the first prompt. */
  turn: number;
  bytes: number;
  messageCount: number;
  /** Of the prompt; null for turn 0. */
  messageId: string | null;
  /** The beginning of the prompt's first part: JSON that is cut anywhere. */
  promptHead: string | null;
}

const GROUPS_MAX = 60;
const TURNS_MAX = 8;
/** Bodies up to this size are read whole: what they are is exact. */
const WHOLE_MAX_BYTES = 8_192;
/** Of larger ones: most agents put ids, kind and tool before anything long, */
const HEAD_CHARACTERS = 320;
/** others behind it. */
const TAIL_CHARACTERS = 1_024;
const NAME_MAX_CHARACTERS = 64;
/** More names than this are no kinds and tools: what comes later counts as unnamed. */
const NAMES_MAX = 1_000;
const ROWS_PER_STEP = 2_000;
const TIME_MAX_MS = 10_000;

/**
 * Weighs a session by kind, tool and turn, in one pass over its rows: sizes are columns, and of a large part only its
 * first characters are read, which Postgres cuts off without fetching the rest, and its last when the first do not tell.
 * Holds `ROWS_PER_STEP` of those. Throws `unavailable` when it takes too long.
 */
export async function weighSession(
  { sql }: Database,
  session: Pick<SessionAccess, "sessionId" | "generation">,
): Promise<SessionWeight> {
  return sql
    .begin("isolation level repeatable read read only", async (tx) => {
      await tx`set local statement_timeout = ${tx.unsafe(String(TIME_MAX_MS))}`;
      const groups = [...(await weighOthers(tx, session)), ...(await weighParts(tx, session))];
      groups.sort((a, b) => b.bytes - a.bytes);
      const turns = await weighTurns(tx, session);
      return {
        bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
        itemCount: groups.reduce((sum, { count }) => sum + count, 0),
        groups: groups.slice(0, GROUPS_MAX),
        turnCount: turns[0]?.turnCount ?? 0,
        turns: turns.map(({ turnCount: _turnCount, ...turn }) => turn),
      };
    })
    .catch((cause: unknown) => {
      throw isCanceled(cause) ? tooSlow(cause) : cause;
    });
}

type SessionKey = Pick<SessionAccess, "sessionId" | "generation">;

async function weighOthers(
  tx: TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<WeightGroup[]> {
  return tx<WeightGroup[]>`
    select type, null as kind, null as tool, sum(byte_size)::float8 as bytes, count(*)::float8 as count
    from items
    where session_id = ${sessionId} and generation = ${generation} and type <> 'part' and not deleted
    group by type order by bytes desc limit ${NAMES_MAX}`;
}

interface PartRow {
  bytes: number;
  /** All of a small body, the beginning of a larger one. */
  head: string | null;
  /** The end of a larger one whose beginning does not tell; null of all others. */
  tail: string | null;
}

async function weighParts(
  tx: TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<WeightGroup[]> {
  const deadlineMs = performance.now() + TIME_MAX_MS;
  const groups = new Map<string, WeightGroup>();
  const rows = tx<PartRow[]>`
    select bytes, head,
      case when bytes > ${WHOLE_MAX_BYTES} and not (
        head ~ '"type"\\s*:' and (head ~ '"tool"\\s*:' or head !~ '"type"\\s*:\\s*"tool"')
      ) then right(body, ${TAIL_CHARACTERS}) end as tail
    from (
      select byte_size::float8 as bytes, body, case
        when body is null then preview
        when byte_size <= ${WHOLE_MAX_BYTES} then body
        else left(body, ${HEAD_CHARACTERS})
      end as head
      from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'part' and not deleted
    ) as parts`;
  for await (const step of rows.cursor(ROWS_PER_STEP)) {
    if (performance.now() > deadlineMs) throw tooSlow();
    for (const row of step) {
      const group = groupOf(groups, row);
      group.bytes += row.bytes;
      group.count += 1;
    }
  }
  return [...groups.values()];
}

function groupOf(groups: Map<string, WeightGroup>, { head, tail }: PartRow): WeightGroup {
  const members = readMembers(Buffer.from(head ?? ""), ["type", "tool"]);
  const last = readTailMembers(tail ?? "");
  const isFull = groups.size >= NAMES_MAX;
  const kind = toName(last["type"] ?? members.get("type"));
  const tool = toName(last["tool"] ?? members.get("tool"));
  const known = groups.get(JSON.stringify([kind, tool]));
  if (known) return known;
  const group: WeightGroup = {
    type: "part",
    kind: isFull ? null : kind,
    tool: isFull ? null : tool,
    bytes: 0,
    count: 0,
  };
  const key = JSON.stringify([group.kind, group.tool]);
  const kept = groups.get(key) ?? group;
  groups.set(key, kept);
  return kept;
}

const toName = (value: unknown) =>
  typeof value === "string" && value !== "" ? value.slice(0, NAME_MAX_CHARACTERS) : null;

async function weighTurns(
  tx: TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<(TurnWeight & { turnCount: number })[]> {
  return tx<(TurnWeight & { turnCount: number })[]>`
    select turns.*, (
      select left(coalesce(body, preview), ${HEAD_CHARACTERS}) from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'part'
        and message_id = turns."messageId" and not deleted
      order by part_id limit 1
    ) as "promptHead"
    from (
      select turn, sum(bytes)::float8 as bytes, count(*)::float8 as "messageCount",
        (array_agg(message_id order by sort_key) filter (where role = 'user'))[1] as "messageId",
        count(*) over ()::float8 as "turnCount"
      from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted
      group by turn order by bytes desc, turn limit ${TURNS_MAX}
    ) as turns
    order by bytes desc, turn`;
}

const QUERY_CANCELED = "57014";

const isCanceled = (error: unknown) =>
  typeof error === "object" && error !== null && Reflect.get(error, "code") === QUERY_CANCELED;

const tooSlow = (cause?: unknown) =>
  new AppError("unavailable", "Weighing the session took too long; try again", { cause });
