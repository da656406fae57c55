import type { StreamValues } from "#lib/fold-stream.ts";
import { AppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import type { Sql } from "#server/database/database.ts";
import type { ExecutionTarget } from "./begin-output.ts";
import { createOutputRef } from "./output-ref.ts";
import { decodeValue } from "./place-output.ts";

type ResultRow = Pick<Output, "port" | "mode" | "format" | "mime" | "name" | "bytes"> & {
  value: Uint8Array | null;
  blobId: string | null;
};

interface Ending {
  state: "running" | "complete" | "incomplete";
  error: string | null;
  startedSeq: number;
}

/**
 * What the latest run of an execution brought: by port the small values themselves, and references to the others. Throws
 * `unavailable` with the reason when it ended incomplete; null while it goes on.
 */
export async function readResult(sql: Sql, target: ExecutionTarget): Promise<StreamValues | null> {
  const { sessionId, generation, executionId } = target;
  const [ending] = await sql<Ending[]>`
    select state, error, started_seq::float8 as "startedSeq" from execution_results
    where session_id = ${sessionId} and generation = ${generation} and execution_id = ${executionId}`;
  if (!ending || ending.state === "running") return null;
  if (ending.state === "incomplete")
    throw new AppError("unavailable", ending.error ?? "The execution did not finish");
  const rows = await sql<ResultRow[]>`
    select distinct on (port)
      port, mode, format, mime, name, bytes::float8 as bytes, value, blob_id as "blobId"
    from outputs
    where session_id = ${sessionId} and generation = ${generation}
      and execution_id = ${executionId} and source = 'execution' and state = 'complete'
      and first_seq > ${ending.startedSeq}
    order by port, n desc`;
  return Object.fromEntries(rows.map((row) => [row.port, valueOf(target, row)]));
}

function valueOf({ sessionId, generation }: ExecutionTarget, row: ResultRow): unknown {
  const { port, mode, format, mime, name, bytes, value, blobId } = row;
  if (value !== null) return decodeValue(row, [value]);
  return createOutputRef({
    sessionId,
    generation,
    blobId: blobId!,
    label: port,
    bytes,
    mime,
    name,
    form: { mode, format },
  });
}
