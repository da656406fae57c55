/** Something that is wanted more often than it is to happen. */
export interface Pace {
  /** At once, or when the interval since the last time is over: then once for all who asked. */
  ask(): void;
  /** What was asked for and has not happened does not. */
  stop(): void;
}

export function createPace(intervalMs: number, happen: () => void): Pace {
  let happenedMs = -Infinity;
  let timer: NodeJS.Timeout | null = null;
  const run = () => {
    timer = null;
    happenedMs = performance.now();
    happen();
  };
  return {
    ask() {
      if (timer !== null) return;
      const dueInMs = happenedMs + intervalMs - performance.now();
      if (dueInMs <= 0) run();
      else timer = setTimeout(run, dueInMs).unref();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
