/** Looked at, at most. Bytes. */
export const TEXT_HEAD_BYTES = 1_024;
// oxlint-disable-next-line no-control-regex -- those that no text has; bell, blanks and escapes of terminals are in texts
const CONTROL = /[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]/;

/** Whether a file that begins so is text in UTF-8: its first KiB is, without characters that only other files have. */
export function looksLikeText(head: Uint8Array): boolean {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    // The character that the head ends in is left out.
    const text = decoder.decode(head.subarray(0, TEXT_HEAD_BYTES), { stream: true });
    return text !== "" && !CONTROL.test(text);
  } catch {
    return false;
  }
}
