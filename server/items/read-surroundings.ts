import type { TranscriptHole } from "#lib/transcript.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Place } from "./find-places.ts";
import type { Target } from "./transcript-bounds.ts";

/** More than these are in the ledger of skipped items only. */
const HOLES_MAX = 100;

interface HolesQuery extends Target {
  messageIds: readonly string[];
  maxSeq: number | undefined;
}

/** Items that were refused and name a message of the window; the newest refusal of each. */
export async function readHoles(
  tx: TransactionSql,
  { sessionId, generation, messageIds, maxSeq }: HolesQuery,
): Promise<TranscriptHole[]> {
  if (messageIds.length === 0) return [];
  const inTime = maxSeq === undefined ? tx`` : tx`and received <= ${maxSeq}`;
  const rows = await tx<(Omit<TranscriptHole, "byteSize"> & { byteSize: string })[]>`
    select message_id as "messageId", nullif(part_id, '') as "partId", byte_size as "byteSize", reason
    from skipped_items
    where session_id = ${sessionId} and generation = ${generation}
      and message_id = any(${messageIds}::text[]) and type in ('message', 'part') ${inTime}
    order by id limit ${HOLES_MAX}`;
  const holes = rows.map((row) => ({ ...row, byteSize: Number(row.byteSize) }));
  return [...new Map(holes.map((hole) => [`${hole.messageId}/${hole.partId}`, hole])).values()];
}

/** The prompt that the first message of a window belongs to; null where there is none before it. */
export async function readFirstPrompt(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  first: Place | undefined,
): Promise<string | null> {
  if (!first) return null;
  const [row] = await tx<{ messageId: string }[]>`
    select message_id as "messageId" from messages
    where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
      and (sort_key, first_seq) <= (${first.sortKey}, ${first.firstSeq}::bigint)
    order by sort_key desc, first_seq desc limit 1`;
  return row?.messageId ?? null;
}
