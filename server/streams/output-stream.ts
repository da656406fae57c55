import { isOutputId } from "#lib/ids.ts";
import { AppError } from "#lib/errors.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { isContentType, isJson } from "./content-type.ts";
import type { StreamedOutput, StreamRow } from "./find-stream.ts";

const PREFIX = "outputs/";

/** The output whose bytes a path means; null for a stream of its own. */
export function outputIdOfPath(path: string): string | null {
  const outputId = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
  return isOutputId(outputId) ? outputId : null;
}

/** Throws `forbidden` for the path of an output: only whoever makes it writes it. */
export function refuseOutputPath(path: string): void {
  if (outputIdOfPath(path) === null) return;
  throw new AppError("forbidden", "An output is read here, and written by whoever makes it");
}

/**
 * An output as a stream of bytes that is read as any other, and closed when the output is complete. JSON is text here:
 * it is one value, not a list of messages. Null for unknown ones.
 */
export async function findOutputStream(
  sql: Sql | TransactionSql,
  outputId: string,
): Promise<StreamRow | null> {
  const [row] = await sql<
    (StreamedOutput & { teamId: string; sessionId: string; mime: string; tail: number })[]
  >`
    select s.team_id as "teamId", s.id as "sessionId", o.mime, o.state,
      o.is_replaced as "isReplaced",
      (case when o.state = 'writing' then b.bytes else o.bytes end)::float8 as tail
    from outputs o
      join sessions s on s.id = o.session_id and s.generation = o.generation and s.deleted_at is null
      left join blobs b on b.id = o.blob_id
    where o.id = ${outputId}`;
  if (!row) return null;
  const { mime, state, isReplaced, ...stream } = row;
  return {
    ...stream,
    output: { state, isReplaced },
    isClosed: state === "complete",
    streamId: outputId,
    path: PREFIX + outputId,
    contentType: contentTypeOf(mime),
    closedBy: null,
    lastSeq: null,
    ttlSeconds: null,
    expiresAt: null,
    openBlobId: null,
    forkedFrom: null,
    forkOffset: null,
    forkSubOffset: 0,
    state: "live",
  };
}

/** Throws `gone` when the offset is one of a value that is not there any more. */
export function requireSameValue(
  { output }: Pick<StreamRow, "output">,
  { from, isReplaced }: { from: number; isReplaced: boolean },
): void {
  // Each value begins at 0.
  if (from === 0 || output === null || output.isReplaced === isReplaced) return;
  throw new AppError("gone", "Another value came in place of what was streamed");
}

/** Throws `gone` for who has read all of an output that ended in the middle, and waits for the rest. */
export function requireRest({ output }: Pick<StreamRow, "output">): void {
  if (output?.state === "incomplete")
    throw new AppError("gone", "The output ended in the middle: what was stored is all there is");
}

function contentTypeOf(mime: string): string {
  if (!isContentType(mime)) return "application/octet-stream";
  return isJson(mime) ? "text/plain; charset=utf-8" : mime;
}
