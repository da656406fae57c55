import { AppError } from "#lib/errors.ts";
import { isItemId } from "#lib/ids.ts";

/** A message (`partId` empty) or one of its parts. */
export interface TranscriptPlace {
  messageId: string;
  partId: string;
}

/** As addresses and answers say it: `msg_…`, or `msg_…/prt_…`. */
export function formatPlace({ messageId, partId }: TranscriptPlace): string {
  return partId === "" ? messageId : `${messageId}/${partId}`;
}

/** Throws `invalid_input` for what cannot be a place. Whether there is such a message is another question. */
export function parsePlace(text: string): TranscriptPlace {
  const [messageId = "", partId = "", ...rest] = text.split("/");
  const hasPart = text.includes("/");
  if (!isItemId(messageId) || (hasPart && !isItemId(partId)) || rest.length > 0)
    throw new AppError("invalid_input", "The place in the transcript is malformed");
  return { messageId, partId };
}
