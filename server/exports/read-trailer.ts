import { EXPORT_LINE_TYPE, EXPORT_MEMBER, type ExportFormat } from "#lib/export.ts";
import { isRecord } from "#lib/is-record.ts";

/** More than the end of any export takes. */
export const TRAILER_MAX_BYTES = 4_096;

/** What an export says of itself at its end. */
export interface ExportTrailer {
  /** Where it begins: its hash is of all bytes before. */
  start: number;
  /** Hex. */
  sha256: string;
  messages: number;
  parts: number;
  leftOut: number;
  missing: number;
}

/** Reads the end of an export out of its last bytes; null when it has none, as one that was cut off. */
export function readTrailer(tail: Buffer, format: ExportFormat): ExportTrailer | null {
  // One character for each byte, so that positions are the same.
  const text = tail.toString("latin1");
  switch (format) {
    case "json":
      return readCounts(text, text.lastIndexOf(`,"${EXPORT_MEMBER}":`), (json) =>
        memberOf(`{${json.slice(1)}`, EXPORT_MEMBER),
      );
    case "ndjson":
      return readCounts(text, text.lastIndexOf(`{"type":"${EXPORT_LINE_TYPE}"`), (json) =>
        json.endsWith("\n") ? memberOf(json, "data") : null,
      );
    case "md":
      return readWords(/\n---\n\n([^\n]+)\.\n\n<!-- [^\n]* ([0-9a-f]{64}) -->\n$/.exec(text));
    case "html":
      return readWords(
        /(?:<\/article>\n)?<footer>([^<\n]+)\. [^<\n]*<code>([0-9a-f]{64})<\/code><\/footer>\n<\/main><\/body><\/html>\n$/.exec(
          text,
        ),
      );
  }
}

function memberOf(json: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value[name] : null;
  } catch {
    return null;
  }
}

function readCounts(
  text: string,
  start: number,
  read: (json: string) => unknown,
): ExportTrailer | null {
  const data = start === -1 ? null : read(text.slice(start));
  if (!isRecord(data) || typeof data["sha256"] !== "string") return null;
  const count = (name: string) => Number(data[name] ?? 0);
  return {
    start,
    sha256: data["sha256"],
    messages: count("messages"),
    parts: count("parts"),
    leftOut: count("leftOut"),
    missing: count("missing"),
  };
}

function readWords(match: RegExpExecArray | null): ExportTrailer | null {
  if (match === null) return null;
  const [, words = "", sha256 = ""] = match;
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(words)?.[1] ?? 0);
  return {
    start: match.index,
    sha256,
    messages: count("messages"),
    parts: count("parts"),
    leftOut: count("without their text"),
    missing: count("missing"),
  };
}
