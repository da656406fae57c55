import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";

/** The first bytes of a body as text, cut between characters: at most `PREVIEW_MAX_BYTES` of UTF-8. */
export function cutPreview(body: Uint8Array): string {
  let end = Math.min(body.byteLength, PREVIEW_MAX_BYTES);
  // Continuation bytes are 10xxxxxx: a cut before one would split a character.
  if (end < body.byteLength) while (end > 0 && (body[end]! & 0xc0) === 0x80) end -= 1;
  return Buffer.from(body.buffer, body.byteOffset, end).toString("utf8");
}
