import { createDocumentError } from "#server/ingest/scanner/document-fault.ts";
import type { FoundPlace } from "../found-place.ts";
import { readRecord } from "../read-record.ts";
import { MessageCutter } from "./message-cutter.ts";

/**
 * The records of a transcript that is one JSON document: each of its messages as it ends, one at a time, and the other
 * members of the document, together, behind the last one. Throws `invalid_input` where the document is broken as a whole.
 */
export async function* readGeminiDocument(
  source: AsyncIterable<Uint8Array>,
  { recordMaxBytes }: { recordMaxBytes: number },
): AsyncGenerator<FoundPlace[]> {
  const cutter = new MessageCutter(recordMaxBytes);
  for await (const chunk of source) {
    cutter.read(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield cutter.take().map(toRecord);
  }
  const rest = cutter.finish();
  const found = readRecord(rest);
  const { offset, index } = cutter;
  if ("problem" in found) throw createDocumentError("not_json", { offset, index });
  yield [{ record: { $set: found.record }, offset, byteLength: rest.byteLength }];
}

interface CutMessage {
  offset: number;
  byteLength: number;
  /** Null where it is too long. */
  bytes: Buffer | null;
}

function toRecord({ bytes, ...place }: CutMessage): FoundPlace {
  return bytes === null
    ? { problem: "The message is too large", ...place }
    : { ...readRecord(bytes), ...place };
}
