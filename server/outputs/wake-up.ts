import type { Services } from "#server/services.ts";

/** News may be lost: rows are looked at again after this. */
const LOOK_AGAIN_MS = 2_000;

/** Waits for whoever follows outputs of a session, in whichever process these are written. */
export interface WakeUp {
  /** Resolves when there was news since the last call, and after two seconds without. */
  wait(): Promise<void>;
  /** Ends the wait that goes on now; later ones end at once. */
  close(): void;
  readonly isClosed: boolean;
}

export function createWakeUp({ bus }: Pick<Services, "bus">, sessionId: string): WakeUp {
  let hasNews = false;
  let isClosed = false;
  let wake = () => {};
  const note = () => {
    hasNews = true;
    wake();
  };
  const stops = [
    bus.subscribe((message) => {
      if (message.kind === "volatile" || message.kind === "state")
        if (message.sessionId === sessionId) note();
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
      for (const stop of stops) stop();
      wake();
    },
    get isClosed() {
      return isClosed;
    },
  };
}
