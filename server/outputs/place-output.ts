import { joinBytes } from "#lib/fold-stream.ts";
import { REFERENCE_THRESHOLD_BYTES, REFERENCE_THRESHOLD_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";

/** How values that are neither text nor bytes are stored. */
const JSON_MIME = "application/json";

/** Where the value of an output lies, and how it comes back: nothing else decides, and nothing else reads it. */

/** True for an output that is a reference. 0 makes every output one; a negative threshold is the default. */
export function isReference(bytes: number, thresholdBytes = REFERENCE_THRESHOLD_BYTES): boolean {
  const threshold = thresholdBytes < 0 ? REFERENCE_THRESHOLD_BYTES : thresholdBytes;
  return bytes >= Math.min(threshold, REFERENCE_THRESHOLD_MAX_BYTES);
}

/** A value on its way into storage. */
export interface EncodedValue {
  mime: string | null;
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Bytes as they are, in whatever form; the text of a port that adds text up as UTF-8; everything else as JSON. */
export function encodeValue(value: unknown, mode: Output["mode"] | null): EncodedValue {
  if (mode === "append" && typeof value === "string")
    return { mime: null, chunks: [Buffer.from(value)] };
  if (value instanceof Blob)
    return { mime: value.type || null, chunks: value.stream() as AsyncIterable<Uint8Array> };
  if (value instanceof ArrayBuffer) return { mime: null, chunks: [new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return { mime: null, chunks: [new Uint8Array(buffer, byteOffset, byteLength)] };
  }
  return { mime: JSON_MIME, chunks: [Buffer.from(JSON.stringify(value) ?? "null")] };
}

/** The whole value of an output in the form that its port declares: text, JSON, `Blob` or `ArrayBuffer`. */
export function decodeValue(
  { mode, format, mime }: Pick<Output, "mode" | "format" | "mime">,
  chunks: readonly Uint8Array[],
): unknown {
  if (mode === "append") return Buffer.concat(chunks).toString("utf8");
  const isValue = mode === "object" || mode === "replace";
  if (isValue && mime === JSON_MIME) return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return joinBytes({ format, mime }, chunks);
}
