import { createDeferred } from "#lib/create-deferred.ts";

/** Hands chunks from whoever makes them to whoever stores them, one at a time and without a buffer in between. */
export interface HandOver {
  /** Resolves when the chunk was taken: so the maker goes at the taker's pace. Rejects once nobody takes any more. */
  push(chunk: Uint8Array): Promise<void>;
  /** Nothing more comes. */
  end(): void;
  /** Nothing more comes, for a reason that the taker gets behind what came before; makers that wait get it at once. */
  fail(reason: unknown): void;
  /** Nobody takes any more: makers that wait, and those who come, get the reason. */
  close(reason: unknown): void;
  /** For the taker; once. */
  source: AsyncIterable<Uint8Array>;
}

interface Offer {
  chunk: Uint8Array;
  taken: ReturnType<typeof createDeferred<void>>;
}

export function createHandOver(): HandOver {
  let offers: Offer[] = [];
  let ending: { reason?: unknown } | null = null;
  let closing: { reason: unknown } | null = null;
  let wake = () => {};

  const refuse = (reason: unknown) => {
    closing ??= { reason };
    const refused = offers;
    offers = [];
    for (const { taken } of refused) taken.reject(reason);
    wake();
  };

  async function* take(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const offer = offers.shift();
      if (offer) {
        offer.taken.resolve();
        yield offer.chunk;
      } else if (ending) {
        if ("reason" in ending) throw ending.reason;
        return;
      } else if (closing) {
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  }

  return {
    async push(chunk) {
      if (closing) throw closing.reason;
      const offer = { chunk, taken: createDeferred<void>() };
      offers.push(offer);
      wake();
      await offer.taken.promise;
    },
    end() {
      ending ??= {};
      wake();
    },
    fail(reason) {
      ending ??= { reason };
      refuse(reason);
    },
    close: refuse,
    source: { [Symbol.asyncIterator]: take },
  };
}
