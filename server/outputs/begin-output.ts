import { AppError } from "#lib/errors.ts";
import { createOutputId } from "#lib/ids.ts";
import { SESSION_OUTPUTS_MAX, SESSION_OUTPUTS_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";

import { createAppendBlob } from "#server/blobs/append-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { quotaExceeded } from "./charge-bytes.ts";
import { requireOwner } from "./require-owner.ts";

export type OutputServices = BlobServices & Pick<Services, "bus" | "log" | "processId">;

/** Whose outputs. */
export interface ExecutionTarget {
  sessionId: string;
  generation: number;
  /** Empty for what no execution makes. */
  executionId: string;
}

export interface NewOutput extends ExecutionTarget {
  port: string;
  source: Output["source"];
  mode: Output["mode"];
  format?: Output["format"];
  mime: string;
  name?: string | null;
  /** Of a file, see the table. */
  fileVersion?: string | null;
  /** Where known: what does not fit into the session's quota is refused before its first byte. */
  announcedBytes?: number | null;
  /** Of all outputs of the session. */
  quotaBytes?: number;
  leaseMs?: number;
}

/** An output whose row and empty blob exist. */
export interface BegunOutput extends ExecutionTarget {
  outputId: string;
  blobId: string;
  /** Bytes that the session's quota leaves to it. */
  roomBytes: number;
}

/**
 * Makes the row of an output and the blob that it is written to, in one transaction. Throws `gone` for a deleted session,
 * `conflict` while somebody else writes the same port of the same execution, or owns the session by now, `too_large`
 * when the session's quota of bytes or of outputs is used up.
 */
export async function beginOutput(
  services: OutputServices,
  output: NewOutput,
): Promise<BegunOutput> {
  const { sessionId, generation, executionId, port } = output;
  try {
    return await transact(services, async (tx) => {
      const { seq } = await noteChange(tx, output);
      await requireOwner(tx, output);
      const roomBytes = await readRoom(tx, output);
      const { mime, leaseMs } = output;
      const name = output.name ?? undefined;
      const blob = { sessionId, generation, purpose: "output" as const, mime, name, leaseMs };
      const blobId = await createAppendBlob(tx, blob);
      const outputId = createOutputId();
      await tx`update sessions set output_count = output_count + 1 where id = ${sessionId}`;
      await tx`
        insert into outputs (
          id, session_id, generation, execution_id, port, n, source, mode, format, mime, name, state,
          blob_id, file_version, process_id, first_seq, seq
        ) values (
          ${outputId}, ${sessionId}, ${generation}, ${executionId}, ${port},
          ${nextNumber(tx, output)},
          ${output.source}, ${output.mode}, ${output.format ?? null}, ${mime}, ${output.name ?? null},
          'writing', ${blobId}, ${output.fileVersion ?? null}, ${services.processId}, ${seq}, ${seq}
        )`;
      return { sessionId, generation, executionId, outputId, blobId, roomBytes };
    });
  } catch (cause) {
    if (!isUniqueViolation(cause, "outputs_writer")) throw cause;
    const message = `Somebody else writes the output "${port}" now`;
    throw new AppError("conflict", message, { details: { port }, cause });
  }
}

/**
 * Takes the next position of the session's log for a change of an output, or the next `changeCount` and answers the last
 * of them; locks the session's row until the transaction ends, and has watchers told. Throws `gone` for a deleted session.
 */
export async function noteChange(
  tx: TransactionSql,
  { sessionId, generation }: Pick<ExecutionTarget, "sessionId" | "generation">,
  changeCount = 1,
): Promise<{ seq: number }> {
  const [row] = await tx<{ seq: number; teamId: string }[]>`
    update sessions
    set counter = counter + ${changeCount}, output_seq = counter + ${changeCount},
      revision = revision + 1
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    returning counter::float8 as seq, team_id as "teamId"`;
  if (!row) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
  announce(tx, { kind: "state", sessionId, teamId: row.teamId });
  return row;
}

/** How often the port was written before. The session's row is locked. */
export const nextNumber = (tx: TransactionSql, output: NewOutput): Fragment => tx`(
  select coalesce(max(n) + 1, 0) from outputs
  where session_id = ${output.sessionId} and generation = ${output.generation}
    and execution_id = ${output.executionId} and port = ${output.port}
)`;

/** The session's row is locked. */
async function readRoom(tx: TransactionSql, output: NewOutput): Promise<number> {
  const { sessionId, quotaBytes = SESSION_OUTPUTS_MAX_BYTES, announcedBytes } = output;
  const [row] = await tx<{ usedBytes: number; count: number }[]>`
    select output_bytes::float8 as "usedBytes", output_count as count
    from sessions where id = ${sessionId}`;
  const { usedBytes, count } = row!;
  if (count >= SESSION_OUTPUTS_MAX) throw tooMany();
  const roomBytes = Math.max(0, quotaBytes - usedBytes);
  if (roomBytes === 0 || (announcedBytes ?? 0) > roomBytes)
    throw quotaExceeded({ quotaBytes, usedBytes });
  return roomBytes;
}

const tooMany = () =>
  new AppError("too_large", `A session may have ${SESSION_OUTPUTS_MAX} outputs, and has them`, {
    details: { outputsMax: SESSION_OUTPUTS_MAX },
  });
