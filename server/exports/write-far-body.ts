import type { Readable } from "node:stream";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { damaged, openChanged, readWhole, type FarSource } from "./far-source.ts";
import type { SessionFormat } from "./session-format.ts";

interface FarBodyParts {
  format: SessionFormat;
  output: ExportOutput;
  row: ExportRow;
  source: FarSource;
  /** Opened from `source`. */
  body: Readable;
}

/**
 * Writes a body that is a blob in the way that the format wants it: small ones whole, large ones in as many passes as it
 * needs, all others chunk by chunk. Yields when there is something to send.
 */
export function writeFarBody(parts: FarBodyParts): AsyncGenerator<void> {
  const { format, source } = parts;
  if (source.far.byteSize <= format.wholeBodyMaxBytes) return writeWhole(parts);
  return format.writeLarge ? writeInPasses(parts) : pipeBody(parts);
}

async function* writeWhole({ format, output, row, source, body }: FarBodyParts) {
  const chunks: Buffer[] = [];
  for await (const chunk of readWhole(source, body)) chunks.push(chunk);
  format.write(output, row, Buffer.concat(chunks));
  if (output.isReady) yield;
}

async function* writeInPasses({ format, output, row, source, body: first }: FarBodyParts) {
  let next: Readable | null = first;
  async function* read(): AsyncGenerator<Buffer> {
    const body = next ?? (await openChanged(source));
    next = null;
    if (typeof body === "string") throw damaged(source.far);
    yield* readWhole(source, body);
  }
  try {
    for await (const _ of format.writeLarge!(output, row, read)) if (output.isReady) yield;
  } finally {
    next?.destroy();
  }
}

async function* pipeBody({ format, output, row, source, body }: FarBodyParts) {
  try {
    const frame = format.open(output, row);
    if (frame === null) return;
    output.text(frame.before);
    for await (const chunk of readWhole(source, body)) {
      output.bytes(frame.replace(chunk));
      if (output.isReady) yield;
    }
    output.text(frame.after());
  } finally {
    body.destroy();
  }
}
