import type { Services } from "#server/services.ts";
import type { BegunOutput, NewOutput } from "./begin-output.ts";

const INTERVAL_MS = 250;

export interface Progress {
  /** So many bytes are readable now. Told at once, then four times a second at most, the last of them always. */
  tell(bytes: number): void;
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
  let toldMs = -Infinity;
  let timer: NodeJS.Timeout | null = null;

  const publish = () => {
    timer = null;
    toldMs = performance.now();
    const seconds = Math.max(toldMs - begunMs, 1) / 1_000;
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
  };

  return {
    tell(bytes) {
      latestBytes = bytes;
      if (timer !== null) return;
      const dueInMs = toldMs + INTERVAL_MS - performance.now();
      if (dueInMs <= 0) publish();
      else timer = setTimeout(publish, dueInMs).unref();
    },
    end() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
