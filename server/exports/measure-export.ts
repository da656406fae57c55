import type { Database } from "#server/database/database.ts";
import type { Target } from "#server/items/transcript-bounds.ts";

/** About how much an export holds, from rows that are kept for other reasons: what is beside the transcript is missing. */
export interface ExportMeasure {
  messages: number;
  parts: number;
  /** UTF-8 bytes of all bodies. */
  bytes: number;
  /** Bodies that are blobs, which `refs` decides about. */
  blobCount: number;
  blobBytes: number;
}

export async function measureExport(
  { sql }: Database,
  { sessionId, generation }: Target,
): Promise<ExportMeasure> {
  const [row] = await sql<ExportMeasure[]>`
    select m.*, b.* from (
      select count(*) filter (where role is not null)::float8 as messages,
        coalesce(sum(part_count), 0)::float8 as parts, coalesce(sum(bytes), 0)::float8 as bytes
      from messages where session_id = ${sessionId} and generation = ${generation} and not deleted
    ) m, (
      select count(*)::float8 as "blobCount", coalesce(sum(bytes), 0)::float8 as "blobBytes"
      from blobs
      where session_id = ${sessionId} and generation = ${generation} and purpose = 'item' and state = 'complete'
    ) b`;
  return row!;
}
