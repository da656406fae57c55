import { isRecord } from "#lib/is-record.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { Database } from "#server/database/database.ts";
import { isWithin, readBounds, type TranscriptSpan } from "#server/items/transcript-bounds.ts";
import type { Share } from "./find-share.ts";

/** Of an item, enough to see what it is. */
const HEAD_CHARACTERS = 8_192;
/** Messages that are looked at for the folder they were written in. */
const ROOT_MESSAGES_MAX = 20;

/** What of a session a share shows at most. */
export const spanOf = ({ fromTurn, toTurn, frozenSeq }: Share): TranscriptSpan => ({
  fromTurn: fromTurn ?? undefined,
  toTurn: toTurn ?? undefined,
  maxSeq: frozenSeq ?? undefined,
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
    const [item] = await tx<{ type: string; messageId: string; head: string }[]>`
      select type, message_id as "messageId", left(coalesce(preview, body), ${HEAD_CHARACTERS}) as head from items
      where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and not deleted
        and type in ('message', 'part')`;
    const bounds = item && (await readBounds(tx, share, span));
    if (!item || !bounds) return null;
    const [message] = await tx`
      select 1 from messages
      where session_id = ${sessionId} and generation = ${generation} and message_id = ${item.messageId}
        and not deleted ${isWithin(tx, bounds)}`;
    const head = message && parseCutJson(item.head);
    return head ? { type: item.type, head } : null;
  });
}

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
