import { ITEM_MAX_BYTES } from "#lib/limits.ts";
import { checkExport } from "./check-export.ts";
import { DocumentReader } from "./document-reader.ts";
import { ReferenceCore } from "./reference-core.ts";
import type { ScannedElement, ScanProgress } from "./scanned-element.ts";
import { WasmCore } from "./wasm-core.ts";

interface ScanOptions {
  limits?: { itemMaxBytes?: number };
  signal?: AbortSignal;
  /** Called for each chunk of the source, and at the end, before what became complete is yielded. */
  onProgress?: (progress: ScanProgress) => void;
  /** `reference` is the one in plain JavaScript; they differ in speed only. */
  core?: "wasm" | "reference";
}

/**
 * Cuts a document into its items, in one pass and without materialising any: `{"data":[…]}`, a bare array, a snapshot
 * `{"info", "messages":[{"info", "parts"}]}`, or NDJSON; see `TopReader` for how they are told apart. Elements are
 * `{"type", "data"}` or `{"info", "parts"}` in all of them. Accepts exactly what RFC 8259 accepts, in UTF-8 without
 * byte order mark, and checks all of it; bodies are the bytes that came.
 *
 * Yields batches, never empty, of up to 1 MiB of bodies or one larger body. Bodies are valid until the next batch is
 * asked for; the source may overwrite a chunk once the next one is asked for. Holds one item of `itemMaxBytes` at
 * most, and nothing of a longer one, of a deep nest, of a long key.
 *
 * What is wrong with an element makes it a skip: larger than `itemMaxBytes` (with its envelope), nested 513 to 1,000
 * levels deep, without identity, no object; in NDJSON also a line that is no JSON, because the next line stands for
 * itself. What is wrong with the document throws `invalid_input` with `offset`, `index` and `fault` as details, after
 * everything that was complete before has been yielded: empty, no JSON, a byte order mark, another encoding, invalid
 * UTF-8 anywhere, a missing end (also of the last line of NDJSON), something behind the end, `data` or `messages`
 * missing, twice, or no array, a number or a string, deeper than 1,000 levels; an NDJSON export of ours that was cut off
 * or changed.
 */
export async function* scanItems(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ScanOptions = {},
): AsyncGenerator<ScannedElement[]> {
  const { limits: { itemMaxBytes = ITEM_MAX_BYTES } = {}, signal, onProgress } = options;
  const core = options.core === "reference" ? new ReferenceCore() : WasmCore.take();
  const reader = new DocumentReader(core, itemMaxBytes);
  try {
    for await (const chunk of checkExport(source)) {
      signal?.throwIfAborted();
      reader.read(chunk);
      const { progress } = reader;
      onProgress?.({ ...progress, bytes: progress.bytes + chunk.byteLength });
      yield* reader.takeBatches();
      reader.keep(chunk);
    }
    reader.finish();
    onProgress?.(reader.progress);
    yield* reader.takeBatches();
  } catch (error) {
    yield* reader.takeBatches();
    throw error;
  } finally {
    core.release();
  }
}
