import type { Services } from "#server/services.ts";
import { createPace } from "./create-pace.ts";
import type { BegunOutput, NewOutput } from "./begin-output.ts";

const INTERVAL_MS = 250;

export interface Progress {
  /** So many bytes are readable now. Told at once, then four times a second at most. */
  tell(bytes: number): void;
  /** The rest is not told: the output's row is, with its end. */
  end(): void;
}

/** Tells watchers how an output grows, in events that may be lost. */
export function createProgress(
  { bus }: Pick<Services, "bus">,
  { port, mode, mime, name = null, source }: NewOutput,
  { sessionId, generation, executionId, outputId }: BegunOutput,
): Progress {
  const begunMs = performance.now();
  let latestBytes = 0;
  const pace = createPace(INTERVAL_MS, () => {
    const seconds = Math.max(performance.now() - begunMs, 1) / 1_000;
    bus.publishVolatile(sessionId, {
      type: "output",
      generation,
      outputId,
      executionId,
      port,
      source,
      mode,
      mime,
      name,
      bytes: latestBytes,
      bytesPerSecond: Math.round(latestBytes / seconds),
    });
  });

  return {
    tell(bytes) {
      latestBytes = bytes;
      pace.ask();
    },
    end: pace.stop,
  };
}
