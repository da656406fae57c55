import { AppError } from "#lib/errors.ts";
import { isItemId } from "#lib/ids.ts";

/** A place in a transcript: messages by `(sortKey, firstSeq)`, in them the message itself (`""`), then parts by id. */
export interface TranscriptPosition {
  sortKey: string;
  firstSeq: number;
  partId: string;
}

/** For URLs and answers; opaque to everybody else. */
export function formatTranscriptPosition({
  sortKey,
  firstSeq,
  partId,
}: TranscriptPosition): string {
  return Buffer.from(JSON.stringify([sortKey, firstSeq, partId])).toString("base64url");
}

/** Throws `invalid_input` for what `formatTranscriptPosition` did not make. */
export function parseTranscriptPosition(text: string): TranscriptPosition {
  const [sortKey, firstSeq, partId] = parseList(text);
  const isValid =
    typeof sortKey === "string" &&
    isItemId(sortKey) &&
    Number.isSafeInteger(firstSeq) &&
    typeof partId === "string" &&
    (partId === "" || isItemId(partId));
  if (!isValid) throw new AppError("invalid_input", "The position in the transcript is malformed");
  return { sortKey, firstSeq: firstSeq as number, partId };
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
