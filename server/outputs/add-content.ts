import { createOutputId } from "#lib/ids.ts";
import { SESSION_OUTPUTS_MAX, SESSION_OUTPUTS_MAX_BYTES } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";
import { contentPort } from "./content-port.ts";

export interface ContentTarget {
  sessionId: string;
  generation: number;
}

/** Where the bytes are: in a blob, or here. */
export interface ContentBytes {
  bytes: number;
  sha256: string;
  blobId: string | null;
  value?: Buffer | null;
}

interface NewContent extends ContentBytes {
  /** Left out: a new one. */
  outputId?: string | undefined;
  /** What it is to be called; null when nobody has said. */
  name: string | null;
  mime: string;
  /** Why it ends in the middle, safe to show; null for a whole one. */
  cutOff: string | null;
  /** See the table. */
  lineId: string | null;
  /** Position in the session's log. */
  seq: number;
}

/** Makes an output of what came in an item; nothing where the session has no room for it. The session's row is locked. */
export async function addContent(
  tx: TransactionSql,
  { sessionId, generation }: ContentTarget,
  content: NewContent,
): Promise<void> {
  const { bytes, sha256, blobId, value = null, mime, cutOff, lineId, seq } = content;
  const [room] = await tx<{ count: number; teamId: string }[]>`
    update sessions set output_count = output_count + 1, output_bytes = output_bytes + ${bytes},
      output_seq = ${seq}, revision = revision + 1
    where id = ${sessionId} and output_count < ${SESSION_OUTPUTS_MAX}
      and output_bytes + ${bytes} <= ${SESSION_OUTPUTS_MAX_BYTES}
    returning output_count as count, team_id as "teamId"`;
  if (!room) return;
  announce(tx, { kind: "state", sessionId, teamId: room.teamId });
  const port = contentPort(content, room.count);
  const name = port.split("/").at(-1) ?? port;
  await tx`
    insert into outputs (
      id, session_id, generation, execution_id, port, n, source, mode, format, mime, name, state,
      error, bytes, sha256, value, blob_id, line_id, process_id, first_seq, seq, ended_at
    ) values (
      ${content.outputId ?? createOutputId()}, ${sessionId}, ${generation}, '', ${port},
      (
        select coalesce(max(n) + 1, 0) from outputs
        where session_id = ${sessionId} and generation = ${generation}
          and execution_id = '' and port = ${port}
      ),
      'content', 'binary', 'blob', ${mime}, ${name},
      ${cutOff === null ? "complete" : "incomplete"}, ${cutOff},
      ${bytes}, ${sha256}, ${value}, ${blobId}, ${lineId}, '', ${seq}, ${seq}, now()
    )`;
}
