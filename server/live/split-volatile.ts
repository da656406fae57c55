import { BUS_PAYLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { DeltaEvent, PreparingEvent } from "#lib/live-protocol.ts";
import type { VolatileEvent } from "./bus-message.ts";

/** Room for the message around the events: origin, session id, and the members' names. */
const ENVELOPE_BYTES = 500;

/** UTF-8 bytes of JSON that the events of one notification may take together. */
export const VOLATILE_EVENTS_MAX_BYTES = BUS_PAYLOAD_MAX_BYTES - ENVELOPE_BYTES;

export const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/**
 * The event as pieces that fit into a notification each: a delta is cut into several, a step's log keeps its end.
 * Empty when nothing helps.
 */
export function splitVolatile(event: VolatileEvent): VolatileEvent[] {
  if (jsonBytes(event) <= VOLATILE_EVENTS_MAX_BYTES) return [event];
  switch (event.type) {
    case "delta":
      return splitDelta(event);
    case "preparing":
      return shortenLog(event);
    case "progress":
    case "output":
    case "phase":
      return [];
  }
}

function splitDelta(event: DeltaEvent): DeltaEvent[] {
  const pieces: DeltaEvent[] = [];
  // JSON takes at most six bytes for one UTF-16 unit (\\u0001).
  const unitsPerPiece = Math.floor(
    (VOLATILE_EVENTS_MAX_BYTES - jsonBytes({ ...event, text: "" })) / 6,
  );
  if (unitsPerPiece < 2) return [];
  for (let start = 0; start < event.text.length;) {
    const end = characterBoundary(event.text, start + unitsPerPiece);
    pieces.push({ ...event, offset: event.offset + start, text: event.text.slice(start, end) });
    start = end;
  }
  return pieces;
}

function shortenLog(event: PreparingEvent): PreparingEvent[] {
  const { logTail } = event.step;
  const withLog = (text: string): PreparingEvent => ({
    ...event,
    step: { ...event.step, logTail: text },
  });
  const room = VOLATILE_EVENTS_MAX_BYTES - jsonBytes(withLog(""));
  if (room < 0) return [];
  const start = characterBoundary(logTail, Math.max(0, logTail.length - Math.floor(room / 6)));
  return [withLog(logTail.slice(start))];
}

/** `index`, or the one before it when it would fall between the halves of a surrogate pair. */
function characterBoundary(text: string, index: number): number {
  if (index >= text.length) return text.length;
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index;
}
