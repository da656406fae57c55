import { createHash } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { EXPORT_LINE_TYPE } from "#lib/export.ts";
import { isRecord } from "#lib/is-record.ts";

const NEWLINE = 0x0a;
const START = Buffer.from(`{"type":"${EXPORT_LINE_TYPE}"`);
/** The last line is shorter. */
const LAST_LINE_MAX_BYTES = 4_096;

/**
 * The same bytes. Of a document that begins as an NDJSON export of ours does, the last line must be there and bear the
 * SHA-256 of all that stands before it: what was cut off or changed fails at its end with `invalid_input`. Others cost
 * nothing. Chunks are not held.
 */
export async function* checkExport(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let start = Buffer.alloc(0);
  let check: ExportCheck | null = null;
  let isUndecided = true;
  for await (const chunk of source) {
    if (isUndecided) {
      start = Buffer.concat([start, chunk.subarray(0, START.length)]);
      const isLike = START.subarray(0, start.length).equals(start.subarray(0, START.length));
      isUndecided = isLike && start.length < START.length;
      if (isLike) check ??= new ExportCheck();
      else check = null;
    }
    check?.update(chunk);
    yield chunk;
  }
  if (!isUndecided) check?.finish();
}

class ExportCheck {
  readonly #hash = createHash("sha256");
  /** The end of what came, which may be the last line: not hashed yet. */
  #end = Buffer.alloc(0);
  #byteLength = 0;

  update(chunk: Uint8Array): void {
    this.#byteLength += chunk.byteLength;
    const hashed = Math.max(0, chunk.byteLength - LAST_LINE_MAX_BYTES);
    if (hashed > 0) {
      this.#hash.update(this.#end).update(chunk.subarray(0, hashed));
      this.#end = Buffer.from(chunk.subarray(hashed));
      return;
    }
    const end = Buffer.concat([this.#end, chunk]);
    const kept = Math.max(0, end.byteLength - LAST_LINE_MAX_BYTES);
    this.#hash.update(end.subarray(0, kept));
    this.#end = end.subarray(kept);
  }

  finish(): void {
    const isWhole = this.#end.at(-1) === NEWLINE;
    const lineEnd = isWhole ? this.#end.byteLength - 1 : this.#end.byteLength;
    const lineStart = this.#end.lastIndexOf(NEWLINE, lineEnd - 1) + 1;
    const sha256 = this.#hash.update(this.#end.subarray(0, lineStart)).digest("hex");
    const line = this.#end.toString("utf8", lineStart, lineEnd);
    if (readSha256(line) === sha256) return;
    const message =
      "The export was cut off or changed after it was made; without its first and last line it is taken as it is";
    const offset = this.#byteLength - (this.#end.byteLength - lineStart);
    throw new AppError("invalid_input", `${message} (byte ${offset})`, {
      details: { offset, fault: "changed_export" },
    });
  }
}

function readSha256(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    const isLast = isRecord(value) && value["type"] === EXPORT_LINE_TYPE && isRecord(value["data"]);
    return isLast ? (value["data"] as Record<string, unknown>)["sha256"] : null;
  } catch {
    return null;
  }
}
