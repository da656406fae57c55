import type { DeltaEvent } from "#lib/live-protocol.ts";
import type { Schedule } from "./schedule.ts";

/** UTF-8 bytes of one event's JSON, so that it fits into a NOTIFY beside its envelope. */
export const DELTA_EVENT_MAX_BYTES = 7_000;
/** More text than this in one tick is left to the next durable write of the part. */
const TICK_MAX_CHARACTERS = 256 * 1024;

interface Delta {
  messageId: string;
  partId: string;
  partType: DeltaEvent["partType"];
  offset: number;
  text: string;
}

interface DeltaPublisher {
  push(delta: Delta): void;
  /** Publishes what has gathered. */
  flush(): void;
}

/** Gathers added text and publishes it once a tick: neighbours become one event, long ones several. */
export function createDeltaPublisher({
  publish,
  schedule,
}: {
  publish(event: DeltaEvent): void;
  schedule: Schedule;
}): DeltaPublisher {
  let pending: Delta[] = [];
  let pendingCharacters = 0;
  let unschedule: (() => void) | null = null;

  function flush(): void {
    unschedule?.();
    unschedule = null;
    const deltas = pending;
    pending = [];
    pendingCharacters = 0;
    for (const delta of deltas) {
      for (const event of splitDelta({ type: "delta", ...delta })) publish(event);
    }
  }

  return {
    push(delta) {
      pendingCharacters += delta.text.length;
      const last = pending.at(-1);
      if (pendingCharacters > TICK_MAX_CHARACTERS) pending = [];
      else if (
        last &&
        last.partId === delta.partId &&
        last.offset + last.text.length === delta.offset
      ) {
        last.text += delta.text;
      } else pending.push({ ...delta });
      unschedule ??= schedule(flush, 0);
    },
    flush,
  };
}

/** Cuts an event's text into events that fit, in order, never inside a surrogate pair. */
export function* splitDelta(event: DeltaEvent): Generator<DeltaEvent> {
  const { text, offset } = event;
  if (text.length < 2 || Buffer.byteLength(JSON.stringify(event)) <= DELTA_EVENT_MAX_BYTES) {
    yield event;
    return;
  }
  let middle = text.length >> 1;
  if (isHighSurrogate(text.charCodeAt(middle - 1))) middle += middle === 1 ? 1 : -1;
  if (middle >= text.length) return yield event;
  yield* splitDelta({ ...event, text: text.slice(0, middle) });
  yield* splitDelta({ ...event, text: text.slice(middle), offset: offset + middle });
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
