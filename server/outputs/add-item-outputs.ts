import { createOutputId } from "#lib/ids.ts";
import { SESSION_OUTPUTS_MAX, SESSION_OUTPUTS_MAX_BYTES } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";
import { contentPort } from "./content-port.ts";

/** A file that lay in an item, in a blob of its own. */
interface ItemFile {
  blobId: string;
  mime: string;
  name: string | null;
  bytes: number;
  sha256: string;
}

export interface ItemFiles {
  files: readonly ItemFile[];
  /** Position of the item in the session's log. */
  seq: number;
  /** What a line of an export says of its output; null for files of other items. */
  line: {
    port: string | null;
    /** Why it ends in the middle, safe to show; null for a whole one. */
    cutOff: string | null;
  } | null;
}

/**
 * Makes outputs of files that came inside items: each line of an export is one, of other files those of the same bytes
 * are one in their session. Where the session has no room for an output, the file stays what it is: a part of its item,
 * and nothing else. The session's row is locked.
 */
export async function addItemOutputs(
  tx: TransactionSql,
  { sessionId, generation }: { sessionId: string; generation: number },
  { files, seq, line }: ItemFiles,
): Promise<void> {
  const cutOff = line?.cutOff ?? null;
  for (const file of files) {
    const [room] = await tx<{ count: number; teamId: string }[]>`
      update sessions set output_count = output_count + 1, output_bytes = output_bytes + ${file.bytes},
        output_seq = ${seq}, revision = revision + 1
      where id = ${sessionId} and output_count < ${SESSION_OUTPUTS_MAX}
        and output_bytes + ${file.bytes} <= ${SESSION_OUTPUTS_MAX_BYTES}
        and (${line !== null} or not exists (
          select from outputs
          where session_id = ${sessionId} and generation = ${generation} and sha256 = ${file.sha256}
        ))
      returning output_count as count, team_id as "teamId"`;
    if (!room) continue;
    announce(tx, { kind: "state", sessionId, teamId: room.teamId });
    const { mime, name: ownName } = file;
    const port = contentPort({ mime, name: line?.port ?? ownName }, room.count);
    const name = port.split("/").at(-1) ?? port;
    await tx`
      insert into outputs (
        id, session_id, generation, execution_id, port, n, source, mode, format, mime, name, state,
        error, bytes, sha256, blob_id, process_id, first_seq, seq, ended_at
      ) values (
        ${createOutputId()}, ${sessionId}, ${generation}, '', ${port},
        (
          select coalesce(max(n) + 1, 0) from outputs
          where session_id = ${sessionId} and generation = ${generation}
            and execution_id = '' and port = ${port}
        ),
        'content', 'binary', 'blob', ${file.mime}, ${name},
        ${cutOff === null ? "complete" : "incomplete"}, ${cutOff},
        ${file.bytes}, ${file.sha256}, ${file.blobId}, '', ${seq}, ${seq}, now()
      )`;
  }
}
