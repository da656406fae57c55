import type { VolatileEvent } from "#server/live/bus-message.ts";
import type { Services } from "#server/services.ts";
import { createPace } from "./create-pace.ts";

/** News may be lost: rows are looked at again after this. */
const LOOK_AGAIN_MS = 2_000;

/** A session's row changes for many reasons; whether it was an output is looked at so often at most. */
export const STATE_MS = 250;

/** What is followed: the outputs of one execution. */
export interface Followed {
  sessionId: string;
  executionId: string;
}

/** Waits for whoever follows an execution, in whichever process its outputs are written. */
export interface WakeUp {
  /**
   * Resolves when there was news of what is followed since the last call, and after two seconds without. What else is
   * said in the session wakes nobody.
   */
  wait(): Promise<void>;
  /** Ends the wait that goes on now; later ones end at once. */
  close(): void;
  readonly isClosed: boolean;
}

export function createWakeUp({ bus }: Pick<Services, "bus">, followed: Followed): WakeUp {
  let hasNews = false;
  let isClosed = false;
  let wake = () => {};
  const note = () => {
    hasNews = true;
    wake();
  };
  const states = createPace(STATE_MS, note);
  const stops = [
    bus.subscribe((message) => {
      if (message.kind === "state" && message.sessionId === followed.sessionId) states.ask();
      if (message.kind === "volatile" && message.sessionId === followed.sessionId)
        if (message.events.some((event) => isOf(followed, event))) note();
    }),
    bus.onReconnect(note),
  ];

  return {
    async wait() {
      if (!hasNews && !isClosed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_AGAIN_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hasNews = false;
    },
    close() {
      isClosed = true;
      states.stop();
      for (const stop of stops) stop();
      wake();
    },
    get isClosed() {
      return isClosed;
    },
  };
}

const isOf = ({ executionId }: Followed, event: VolatileEvent): boolean =>
  event.type === "output" && event.executionId === executionId;
