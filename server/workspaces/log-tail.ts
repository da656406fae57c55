import { LOG_TAIL_MAX_BYTES } from "#lib/limits.ts";

// oxlint-disable no-control-regex
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]P^_X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
// oxlint-enable no-control-regex

export interface LogTail {
  add(text: string): void;
  read(): string;
}

/**
 * Keeps the end of a growing output as people read it: at most `LOG_TAIL_MAX_BYTES` of UTF-8, cut between characters.
 * Of a line that was drawn again and again (carriage returns) the last version counts; escapes are left out.
 * Holds a small multiple of the limit. Credentials are removed before: `server/sandboxes/redact-output.ts`.
 */
export function createLogTail(): LogTail {
  let lines = "";
  let current = "";
  return {
    add(text) {
      const lastEnd = text.lastIndexOf("\n") + 1;
      if (lastEnd > 0) {
        const ended = current + text.slice(0, lastEnd);
        lines = keepEnd(lines + ended.split("\n").map(readable).join("\n"), 2);
        current = "";
      }
      current = keepEnd(current + text.slice(lastEnd), 4);
    },
    read: () => cutToLimit(lines + readable(current)),
  };
}

/** In characters, of which every one is at least a byte: never less than the tail needs. */
const keepEnd = (text: string, factor: number) => text.slice(-factor * LOG_TAIL_MAX_BYTES);

function cutToLimit(text: string): string {
  const bytes = Buffer.from(text);
  let start = Math.max(0, bytes.length - LOG_TAIL_MAX_BYTES);
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.toString("utf8", start);
}

function readable(line: string): string {
  const versions = line.replace(ESCAPES, "").replace(/\r+$/, "").split("\r");
  return (versions.at(-1) ?? "").replace(CONTROLS, "");
}
