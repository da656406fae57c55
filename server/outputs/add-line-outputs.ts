import { SESSION_OUTPUTS_MAX } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { addContent, type ContentBytes, type ContentTarget } from "./add-content.ts";
import { removeOutput } from "./delete-output.ts";

/** An output that a line of an export brings. */
export interface BroughtOutput extends ContentBytes {
  /** The same for each write of the line. */
  lineId: string;
  /** The id that it had where the export was made; null when unknown. */
  originalId: string | null;
  name: string | null;
  mime: string;
  cutOff: string | null;
  /** Position of the line in the session's log. */
  seq: number;
}

/**
 * Makes outputs of the lines of an export, also those of the same bytes. A line that comes again replaces what it
 * brought; one of an output that the session has, as its export came back, brings none. The session's row is locked.
 */
export async function addLineOutputs(
  tx: TransactionSql,
  target: ContentTarget,
  lines: readonly BroughtOutput[],
): Promise<void> {
  if (lines.length === 0) return;
  const { sessionId } = target;
  const known = await findKnown(tx, target, lines);
  const ids = new Set(known.map(({ id }) => id));
  const byLine = new Map(known.map(({ id, lineId }) => [lineId, id]));
  const [session] = await tx<{ count: number }[]>`
    select output_count as count from sessions where id = ${sessionId}`;
  // Lines may be millions: those that there is no room for cost no statement.
  let room = SESSION_OUTPUTS_MAX - session!.count;
  for (const { originalId, ...line } of lines) {
    if (originalId !== null && ids.has(originalId)) continue;
    const outputId = byLine.get(line.lineId);
    if (outputId !== undefined) await removeOutput(tx, { outputId, sessionId });
    else if (room <= 0) continue;
    else room -= 1;
    await addContent(tx, target, { ...line, outputId });
  }
}

async function findKnown(
  tx: TransactionSql,
  { sessionId, generation }: ContentTarget,
  lines: readonly BroughtOutput[],
): Promise<{ id: string; lineId: string | null }[]> {
  const originalIds = lines.flatMap(({ originalId }) => originalId ?? []);
  return tx<{ id: string; lineId: string | null }[]>`
    select id, line_id as "lineId" from outputs
    where session_id = ${sessionId} and generation = ${generation}
      and (id = any(${originalIds}::text[])
        or line_id = any(${lines.map(({ lineId }) => lineId)}::text[]))`.execute();
}
