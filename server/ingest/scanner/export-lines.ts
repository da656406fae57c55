import { EXPORT_LINE_MEMBER, type ExportLineExtras } from "#lib/export.ts";
import { isRecord } from "#lib/is-record.ts";

const NEWLINE = 0x0a;
const BLANK = 0x20;
const START = `"${EXPORT_LINE_MEMBER}":{`;

export interface ExportedLine {
  /** What surrounded the item; undefined when nothing did. */
  envelope: string | undefined;
  ids: [messageId: string, partId: string] | null;
  breaks: readonly number[];
}

/** Takes what an export added to a line out of the line's envelope. */
export function readExportedLine(envelope: string): ExportedLine {
  const start = envelope.lastIndexOf(START);
  const extras = start === -1 ? null : parseExtras(envelope.slice(start + START.length - 1, -1));
  if (extras === null) return { envelope, ids: null, breaks: [] };
  const others = envelope.slice(1, start).replace(/,$/, "");
  return {
    envelope: others === "" ? undefined : `{${others}}`,
    ids: extras.ids ?? null,
    breaks: extras.breaks ?? [],
  };
}

/** Null for what no export of ours writes. */
function parseExtras(json: string): ExportLineExtras | null {
  try {
    const value: unknown = JSON.parse(json);
    if (!isRecord(value)) return null;
    const { ids, breaks } = value;
    const areIds = ids === undefined || (isListOf(ids, "string") && ids.length === 2);
    const areBreaks =
      breaks === undefined || (isListOf(breaks, "number") && breaks.every(isDistance));
    return areIds && areBreaks ? value : null;
  } catch {
    return null;
  }
}

const isListOf = (value: unknown, type: "string" | "number"): value is unknown[] =>
  Array.isArray(value) && value.every((one) => typeof one === type);

const isDistance = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** Puts line breaks back where an export wrote blanks; a distance that leads to none is passed over. */
export function restoreBreaks(
  { envelope, breaks }: ExportedLine,
  body: Uint8Array,
): { envelope: string | undefined; body: Uint8Array } {
  if (breaks.length === 0) return { envelope, body };
  const around = Buffer.from(envelope ?? "");
  const whole = Buffer.concat([around, body]);
  let at = 0;
  for (const distance of breaks) {
    at += distance;
    if (whole[at] === BLANK) whole[at] = NEWLINE;
  }
  return {
    envelope: envelope === undefined ? undefined : whole.toString("utf8", 0, around.byteLength),
    body: whole.subarray(around.byteLength),
  };
}
