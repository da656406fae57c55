export interface FlushInterval {
  minMs: number;
  maxMs: number;
}

/**
 * Calls `flush` right after the first request, and for requests that follow at most once per interval. The interval
 * is twice what a flush takes, within its limits, so that a large audience gets fewer and larger frames.
 */
export class FlushTimer {
  readonly #flush: () => void;
  readonly #interval: FlushInterval;
  #lastFlushAt = -Infinity;
  #lastFlushMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;

  constructor(flush: () => void, interval: FlushInterval) {
    this.#flush = flush;
    this.#interval = interval;
  }

  request() {
    if (this.#timer !== null || this.#immediate !== null) return;
    const { minMs, maxMs } = this.#interval;
    const intervalMs = Math.min(maxMs, Math.max(minMs, 2 * this.#lastFlushMs));
    const dueInMs = this.#lastFlushAt + intervalMs - performance.now();
    if (dueInMs <= 0) this.#immediate = setImmediate(() => this.now());
    else this.#timer = setTimeout(() => this.now(), dueInMs);
  }

  /** Flushes without waiting. */
  now() {
    this.stop();
    const startedAt = performance.now();
    this.#flush();
    this.#lastFlushAt = performance.now();
    this.#lastFlushMs = this.#lastFlushAt - startedAt;
  }

  stop() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
  }
}
