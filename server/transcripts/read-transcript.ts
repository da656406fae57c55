import { isAppError } from "#lib/errors.ts";
import { ITEM_MAX_BYTES } from "#lib/limits.ts";
import type { ScannedElement, ScanProgress } from "#server/ingest/scanner/scanned-element.ts";
import { ClaudeReader } from "./claude/claude-reader.ts";
import { CodexReader } from "./codex/codex-reader.ts";
import { ElementQueue } from "./element-queue.ts";
import { GeminiReader } from "./gemini/gemini-reader.ts";
import { readRecordLines } from "./read-record-lines.ts";
import { readGeminiDocument } from "./gemini/read-gemini-document.ts";
import { isOneDocument } from "./gemini/is-one-document.ts";
import { finishReader, takeRecord } from "./take-record.ts";
import { TranscriptItems } from "./transcript-items.ts";
import type { TranscriptFormat, TranscriptReader } from "./transcript-format.ts";

interface TranscriptOptions {
  format: TranscriptFormat;
  /** Its first bytes, which the source begins with. */
  head: Uint8Array;
  /** The session that its items are for. */
  sessionId: string;
  signal?: AbortSignal;
  /** Called for each chunk of the source, and at the end, before what became complete is yielded. */
  onProgress?: (progress: ScanProgress) => void;
  recordMaxBytes?: number;
}

/**
 * Turns a transcript of another program into items, in the shapes that all of the product uses, in one pass. What comes
 * out depends on the bytes alone, not on how they are cut, and ids come from the records: the same transcript, or a
 * longer one of the same session, makes the same items again, and those that grew with what they became.
 *
 * Yields batches, never empty, of up to 1 MiB or one larger item. A record that cannot be read is a skip in its place;
 * one of an unknown kind is kept as it is, as a part of the type `update`. A document that is broken as a whole throws
 * `invalid_input` after all that was complete has been yielded. Holds one record, the message that is being written, and
 * calls of tools that have no result yet, up to a bound.
 */
export async function* readTranscript(
  source: AsyncIterable<Uint8Array>,
  options: TranscriptOptions,
): AsyncGenerator<ScannedElement[]> {
  const { format, head, sessionId, recordMaxBytes = ITEM_MAX_BYTES } = options;
  const queue = new ElementQueue(recordMaxBytes);
  const items = new TranscriptItems(queue, { source: format, sessionId });
  const reader = readers[format](items);
  const finish = () => {
    finishReader(queue, reader);
    items.finish();
  };
  const counted = countBytes(source, queue, options);
  const records = isOneDocument(format, head)
    ? readGeminiDocument(counted, { recordMaxBytes })
    : readRecordLines(counted, { recordMaxBytes });
  try {
    for await (const found of records) {
      for (const each of found) takeRecord(queue, reader, each);
      yield* queue.take();
    }
  } catch (error) {
    // Where the source fails, more may come another time: what is still open waits for that.
    if (isDocumentFault(error)) finish();
    yield* queue.take();
    throw error;
  }
  finish();
  yield* queue.take();
}

const isDocumentFault = (error: unknown) =>
  isAppError(error) && error.details["fault"] !== undefined;

const readers: Record<TranscriptFormat, (items: TranscriptItems) => TranscriptReader> = {
  claude: (items) => new ClaudeReader(items),
  codex: (items) => new CodexReader(items),
  gemini: (items) => new GeminiReader(items),
};

async function* countBytes(
  source: AsyncIterable<Uint8Array>,
  queue: ElementQueue,
  { format, signal, onProgress }: TranscriptOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    signal?.throwIfAborted();
    bytes += chunk.byteLength;
    const { itemCount: items, skippedCount: skipped } = queue;
    onProgress?.({ format, bytes, items, skipped, ignoredMembers: [], ignoredBytes: 0 });
    // Lines stay views of it until they end, and the source may use it again.
    yield Buffer.from(chunk);
  }
}
