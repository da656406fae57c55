import type { OutlineEntry, OutlinePage } from "#lib/transcript.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { countTurnChanges } from "./count-turn-changes.ts";
import { selectBeginning } from "./item-beginning.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import { readPromptTitle, readTurnEnd } from "./outline-facts.ts";
import { isPartOfKind } from "./part-kind.ts";
import {
  getOrderedPlace,
  isWithin,
  readBounds,
  type Bounds,
  type MessageOrder,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";
import { parsePlace } from "./transcript-place.ts";

/** Of a large part, so much is read for its title. */
const TITLE_CHARACTERS = 2_048;
/** Of a message that is large by what it says of changed files. */
const MESSAGE_CHARACTERS = 32_768;
/** Parts of a prompt that are looked at for a text. */
const TITLE_PARTS_MAX = 4;

/** Sorts after the key of every message. */
const LAST_KEY = "\u{10ffff}";

export interface OutlineQuery extends Target {
  /** `after` of the page before; from the first prompt on when left out. */
  after?: string | undefined;
  maxCount: number;
  span?: TranscriptSpan | undefined;
}

/**
 * A page of a session's prompts, oldest first, each with what its turn took. Walks over the prompts of the page and the
 * messages of their turns, and looks at the heads of bodies, and at small calls that changed files. Throws
 * `invalid_input` and `not_found` for a place.
 */
export async function readOutline({ sql }: Database, query: OutlineQuery): Promise<OutlinePage> {
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const { after, maxCount, span = {} } = query;
    await keepToKeys(tx);
    const bounds = await readBounds(tx, query, span);
    if (bounds === null) return { entries: [], after: null, promptCount: 0 };
    const at = after === undefined ? null : await getOrderedPlace(tx, query, parsePlace(after));
    const prompts = await selectPrompts(tx, query, { bounds, at });
    const shown = prompts.slice(0, maxCount);
    const turns = await selectTurns(tx, query, shown);
    const entries = shown.map((prompt, index) => toEntry(prompt, turns[index]));
    return {
      entries: await withChanges(tx, query, { entries, prompts: shown }),
      after: prompts.length > maxCount ? (shown.at(-1)?.messageId ?? null) : null,
      promptCount: at === null ? await countPrompts(tx, query, bounds) : null,
    };
  });
}

interface PromptRow extends MessageOrder {
  messageId: string;
  turn: number;
  /** Of the next prompt; null for the last turn. */
  next: MessageOrder | null;
  head: string | null;
  texts: string[];
}

interface Page {
  bounds: Bounds;
  at: MessageOrder | null;
}

/** One more than fits into a page: it ends the last turn, and says that there is another page. */
async function selectPrompts(
  tx: TransactionSql,
  { sessionId, generation, maxCount, span }: OutlineQuery,
  { bounds, at }: Page,
): Promise<PromptRow[]> {
  const inTime = span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;
  const rows = await tx<Omit<PromptRow, "next">[]>`
    select m.message_id as "messageId", m.sort_key as "sortKey", m.first_seq as "firstSeq", m.turn,
      (select ${selectBeginning(tx, MESSAGE_CHARACTERS)} from items i
        where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
          and i.message_id = m.message_id ${inTime} order by i.part_id limit 1) as head,
      array(select ${selectBeginning(tx, TITLE_CHARACTERS)} from items i
        where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
          and i.message_id = m.message_id and not i.deleted ${inTime}
        order by i.part_id limit ${TITLE_PARTS_MAX}) as texts
    from (
      select message_id, sort_key, first_seq, turn from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
        ${isWithin(tx, bounds)}
        ${at === null ? tx`` : tx`and (sort_key, first_seq) > (${at.sortKey}, ${at.firstSeq}::bigint)`}
        ${wasThere(tx, span)}
      order by sort_key, first_seq limit ${maxCount + 1}
    ) m
    order by m.sort_key, m.first_seq`;
  return rows.map((row, index) => ({ ...row, next: rows[index + 1] ?? bounds.to }));
}

/** A condition for messages that came within the span's time. */
const wasThere = (tx: TransactionSql, span: TranscriptSpan | undefined) =>
  span?.maxSeq === undefined ? tx`` : tx`and first_seq <= ${span.maxSeq}`;

interface TurnRow {
  tokens: string | null;
  costUsd: number | null;
  toolCount: string;
  /** Head of the body of the turn's last message. */
  lastHead: string | null;
}

/** What became of each prompt, in their order. */
async function selectTurns(
  tx: TransactionSql,
  { sessionId, generation, span }: OutlineQuery,
  prompts: readonly PromptRow[],
): Promise<TurnRow[]> {
  if (prompts.length === 0) return [];
  const isAsItWas =
    span?.maxSeq === undefined
      ? tx``
      : tx`filter (where not exists (
          select from items i
          where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
            and i.message_id = m.message_id and i.part_id = '' and i.seq > ${span.maxSeq}
        ))`;
  const inTime = span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;
  return tx<TurnRow[]>`
    select turn.tokens, turn.cost_usd as "costUsd", turn.tool_count as "toolCount",
      (select ${selectBeginning(tx, TITLE_CHARACTERS)} from items i
        where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
          and i.message_id = turn.last_id ${inTime} order by i.part_id limit 1) as "lastHead"
    from unnest(
      ${prompts.map((prompt) => prompt.sortKey)}::text[],
      ${prompts.map((prompt) => prompt.firstSeq)}::bigint[],
      ${prompts.map((prompt) => prompt.next?.sortKey ?? LAST_KEY)}::text[],
      ${prompts.map((prompt) => prompt.next?.firstSeq ?? "0")}::bigint[]
    ) with ordinality as asked(sort_key, first_seq, next_key, next_seq, place)
    cross join lateral (
      select sum(m.tokens) ${isAsItWas} as tokens, sum(m.cost_usd) ${isAsItWas} as cost_usd,
        sum(case when m.part_count = 0 then 0 else (
          select count(*) from (
            select from items i
            where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
              and i.message_id = m.message_id and not i.deleted ${inTime}
              and ${isPartOfKind(tx, "tool")}
            order by i.part_id
          ) tools
        ) end) as tool_count,
        (array_agg(m.message_id order by m.sort_key desc, m.first_seq desc))[1] as last_id
      from (
        select message_id, sort_key, first_seq, tokens, cost_usd, part_count from messages
        where session_id = ${sessionId} and generation = ${generation} and not deleted
          and role is not null ${wasThere(tx, span)}
          and (sort_key, first_seq) > (asked.sort_key collate "C", asked.first_seq)
          and (sort_key, first_seq) < (asked.next_key collate "C", asked.next_seq)
        order by sort_key, first_seq
      ) m
    ) turn
    order by asked.place`;
}

async function countPrompts(
  tx: TransactionSql,
  { sessionId, generation, span }: OutlineQuery,
  bounds: Bounds,
): Promise<number> {
  const [row] = await tx<{ count: string }[]>`
    select count(*) from (
      select from messages
      where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
        ${isWithin(tx, bounds)} ${wasThere(tx, span)}
      order by sort_key, first_seq
    ) prompts`;
  return Number(row?.count ?? 0);
}

/** Counts what turns changed of which the agent has added nothing up, where they have calls of tools. */
async function withChanges(
  tx: TransactionSql,
  { sessionId, generation, span }: OutlineQuery,
  { entries, prompts }: { entries: OutlineEntry[]; prompts: readonly PromptRow[] },
): Promise<OutlineEntry[]> {
  const isOpen = ({ additions, toolCount }: OutlineEntry) => additions === null && toolCount !== 0;
  const turns = entries.filter(isOpen).map(({ turn }) => turn);
  if (turns.length === 0) return entries;
  const bounds = { from: prompts[0] ?? null, to: prompts.at(-1)?.next ?? null };
  const target = { sessionId, generation, bounds };
  const counted = await countTurnChanges(tx, { ...target, turns, maxSeq: span?.maxSeq });
  return entries.map((entry) => (isOpen(entry) ? { ...entry, ...counted.get(entry.turn) } : entry));
}

function toEntry(prompt: PromptRow, turn: TurnRow | undefined): OutlineEntry {
  const { title, createdMs, additions, deletions } = readPromptTitle(prompt.head, prompt.texts);
  const { completedMs, hasError } = readTurnEnd(turn?.lastHead ?? null);
  return {
    messageId: prompt.messageId,
    turn: prompt.turn,
    title,
    createdMs,
    elapsedMs:
      createdMs === null || completedMs === null ? null : Math.max(0, completedMs - createdMs),
    toolCount: turn ? Number(turn.toolCount) : null,
    tokens: turn?.tokens == null ? null : Number(turn.tokens),
    costUsd: turn?.costUsd ?? null,
    additions,
    deletions,
    hasError,
  };
}
