import type { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { toAppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Sql } from "#server/database/database.ts";
import { nameEntries } from "./name-entries.ts";
import { openOutputRange } from "./open-output-bytes.ts";
import { fromOutputs, outputColumns } from "./output-row.ts";

interface Target {
  sessionId: string;
  generation: number;
}

/**
 * All outputs of a session as one ZIP archive, uncompressed, made while it is read: at most one output is open, and what
 * one read brings is in memory. One that grows comes as far as it is stored. An output whose bytes are gone ends the
 * stream with its error, so that nobody takes a part for all. `signal` ends it when nobody reads any more.
 */
export async function zipOutputs(
  services: BlobServices,
  target: Target,
  signal: AbortSignal,
): Promise<Readable> {
  const outputs = await listAll(services.database.sql, target);
  const archive = new ZipFile();
  const stream = archive.outputStream as Readable;
  const fail = (error: unknown) => void stream.destroy(toAppError(error));
  archive.on("error", fail);
  const opened = new Set<Readable>();
  const nameOf = nameEntries();
  for (const output of outputs) {
    const mtime = new Date(output.endedAt ?? output.createdAt);
    // Asked for when the archive has come so far.
    archive.addReadStreamLazy(nameOf(output.port), { compress: false, mtime }, (take) => {
      if (signal.aborted) return;
      openOutputRange(services, output).then((range) => {
        opened.add(range.stream);
        range.stream.once("close", () => opened.delete(range.stream)).once("error", fail);
        // Nobody would read it, nor close it, when they went away meanwhile.
        if (signal.aborted || stream.destroyed) range.stream.destroy();
        else take(null, range.stream);
      }, fail);
    });
  }
  archive.end();
  const closeAll = () => {
    for (const one of opened) one.destroy();
  };
  stream.once("close", closeAll);
  signal.addEventListener("abort", closeAll, { once: true });
  return stream;
}

/** Oldest first; those that tell of what is not stored are left out. */
const listAll = (sql: Sql, { sessionId, generation }: Target): Promise<Output[]> =>
  sql<Output[]>`
    select ${outputColumns(sql)} ${fromOutputs(sql)}
    where o.session_id = ${sessionId} and o.generation = ${generation}
      and (o.state <> 'incomplete' or o.bytes > 0)
    order by o.id`.execute();
