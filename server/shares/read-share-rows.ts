import { isRecord } from "#lib/is-record.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { Database, Fragment, TransactionSql } from "#server/database/database.ts";
import { readBeginning, selectBeginning } from "#server/items/item-beginning.ts";
import { isWithin, readBounds, type TranscriptSpan } from "#server/items/transcript-bounds.ts";
import type { Share } from "./find-share.ts";
import { hidesParts } from "./share-policy.ts";
import { SECRET_RULES_VERSION } from "./redaction/secret-rules.ts";

/** Of an item, enough to see what it is. */
const HEAD_CHARACTERS = 8_192;
/** Of a prompt's part, as much as its title is made of. */
const TITLE_CHARACTERS = 2_048;
/** Messages that are looked at for the folder they were written in. */
const ROOT_MESSAGES_MAX = 20;

/** What of a session a share shows at most. */
export const spanOf = (share: Share): TranscriptSpan => ({
  fromMessageId: share.fromMessageId ?? undefined,
  toMessageId: share.toMessageId ?? undefined,
  endMessageId: share.endMessageId ?? undefined,
  maxSeq: share.frozenSeq ?? undefined,
});

export interface ItemHead {
  type: string;
  head: Readonly<Record<string, unknown>>;
}

/** The item at a position, if it lies within what the share shows; null otherwise. */
export async function findItemHead(
  { sql }: Database,
  share: Share,
  seq: number,
): Promise<ItemHead | null> {
  const { sessionId, generation } = share;
  const span = spanOf(share);
  if (seq > (span.maxSeq ?? Infinity)) return null;
  return sql.begin("read only", async (tx) => {
    const [item] = await tx<
      { type: string; messageId: string; head: string; isSynthetic: boolean }[]
    >`
      select type, message_id as "messageId", ${selectBeginning(tx, HEAD_CHARACTERS)} as head,
        ${isSynthetic(tx)} as "isSynthetic"
      from items i
      where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and not deleted
        and type in ('message', 'part')`;
    const bounds = item && (await readBounds(tx, share, span));
    if (!item || !bounds) return null;
    const [message] = await tx`
      select 1 from messages
      where session_id = ${sessionId} and generation = ${generation} and message_id = ${item.messageId}
        and not deleted ${isWithin(tx, bounds)}`;
    const head = message && readBeginning(item.head).data;
    if (!head) return null;
    return { type: item.type, head: item.isSynthetic ? { ...head, synthetic: true } : head };
  });
}

/**
 * Whether an item says anywhere in its body that an agent added it to a prompt by itself, which may stand behind a text
 * of any length; of one that is in the store nobody looks so far.
 */
const isSynthetic = (sql: Database["sql"] | TransactionSql, headCharacters = HEAD_CHARACTERS) =>
  sql`(byte_size > ${headCharacters} and (body is null or body ~ '"synthetic"\\s*:\\s*true'))`;

/** Positions of these items that are texts of agents in prompts, though their beginning does not say so. */
export async function findSynthetic(
  { sql }: Database,
  { sessionId, generation }: Share,
  seqs: readonly number[],
): Promise<Set<number>> {
  if (seqs.length === 0) return new Set();
  const rows = await sql<{ seq: string }[]>`
    select seq from items
    where session_id = ${sessionId} and generation = ${generation} and seq = any(${seqs}::bigint[])
      and ${isSynthetic(sql)}`;
  return new Set(rows.map(({ seq }) => Number(seq)));
}

/** Of prompts: beginnings of such texts, as their titles are made of, by the prompt's id. */
export async function readSyntheticHeads(
  { sql }: Database,
  { sessionId, generation }: Share,
  messageIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await sql<{ messageId: string; heads: string[] }[]>`
    select message_id as "messageId", array_agg(${selectBeginning(sql, TITLE_CHARACTERS)}) as heads from items i
    where session_id = ${sessionId} and generation = ${generation} and type = 'part' and not deleted
      and message_id = any(${messageIds}::text[]) and ${isSynthetic(sql, TITLE_CHARACTERS)}
    group by message_id`;
  return new Map(rows.map(({ messageId, heads }) => [messageId, heads]));
}

/**
 * A condition for `items` as `i` that the share may show otherwise than they are. A search that looked at these only where
 * they hold the text would be slower when they do: so a secret could be guessed letter by letter.
 */
export const mayBeChanged = (sql: TransactionSql, share: Share): Fragment =>
  share.hidesPaths || hidesParts(share)
    ? sql`true`
    : sql`(i.type <> 'part' or i.body ~* 'data:|"(data|blob|base64|bytes|file_?data)"'
        or i.seq > coalesce((select c.seq from secret_scans c where c.session_id = i.session_id
          and c.generation = i.generation and c.rules_version = ${SECRET_RULES_VERSION}), 0)
        or exists (select from secret_findings f where f.session_id = i.session_id and f.generation = i.generation
          and f.type = i.type and f.message_id = i.message_id and f.part_id = i.part_id))`;

/** Folders that the session worked in, as far as it says so. */
export async function readRoots(
  { sql }: Database,
  { sessionId, generation }: Share,
): Promise<string[]> {
  const workspaces = await sql<{ path: string }[]>`
    select path from workspaces where session_id = ${sessionId} and generation = ${generation}`;
  const items = await sql<{ head: string }[]>`
    (select left(body, ${HEAD_CHARACTERS}) as head from items
      where session_id = ${sessionId} and generation = ${generation} and type = 'session' and body is not null limit 1)
    union all
    (select left(i.body, ${HEAD_CHARACTERS}) from (
        select message_id from messages
        where session_id = ${sessionId} and generation = ${generation} and role = 'assistant' and not deleted
        order by sort_key, first_seq limit ${ROOT_MESSAGES_MAX}
      ) m
      join items i on i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
        and i.message_id = m.message_id and i.part_id = '' and i.body is not null)`;
  const said = items.flatMap(({ head }) => foldersOf(parseCutJson(head)));
  return [...new Set([...workspaces.map(({ path }) => path), ...said])];
}

function foldersOf(body: unknown): string[] {
  const path = isRecord(body) && isRecord(body["path"]) ? body["path"] : {};
  const folders = [isRecord(body) ? body["directory"] : null, path["cwd"], path["root"]];
  return folders.filter(
    (folder) => typeof folder === "string" && /^(?:\/|[A-Za-z]:).{2,}/.test(folder),
  ) as string[];
}
