import type { Log } from "#server/log.ts";
import type { HistoryPage } from "./history-pages.ts";

const RETRY_AFTER_MS = 1_000;

interface LiveItemsOptions {
  read(generation: number, afterSeq: number): Promise<HistoryPage>;
  /** Whether anybody is live; items are not read for nobody. */
  isWanted(): boolean;
  onPage(page: HistoryPage): void;
  log: Log;
}

/**
 * Reads the new items of a session once for all its live viewers. News that comes while a page is read is answered by
 * one more reading. What is read and not sent yet waits in the outbox: everything up to `#readSeq` is there or sent.
 */
export class LiveItems {
  readonly #options: LiveItemsOptions;
  #generation = 0;
  #readSeq = 0;
  /** Greatest position that was noted since the last reading began; 0 when there was none. */
  #notedSeq = 0;
  #isReading = false;
  #hasStopped = false;
  #retryTimer: NodeJS.Timeout | null = null;
  #onSent: (() => void) | null = null;
  /** Items up to here have left: whoever lacks one of them must find it in history. */
  sentSeq = 0;

  constructor(options: LiveItemsOptions) {
    this.#options = options;
  }

  beginGeneration(generation: number) {
    this.#generation = generation;
    this.#readSeq = 0;
    this.sentSeq = 0;
    this.#notedSeq = 0;
  }

  /** Something was written at `seq`; `Infinity` when nobody knows what was. */
  note(seq: number) {
    this.#notedSeq = Math.max(this.#notedSeq, seq);
    this.resume();
  }

  /** Reads what was noted, now that somebody is live. */
  resume() {
    const isIdle = !this.#isReading && this.#retryTimer === null && !this.#hasStopped;
    if (isIdle && this.#hasNews() && this.#options.isWanted()) void this.#run();
  }

  /** Nobody is live, and the first who will be has everything up to `seq`. */
  skipTo(seq: number) {
    if (seq <= this.#readSeq) return;
    this.#readSeq = seq;
    this.sentSeq = seq;
  }

  /** The outbox was sent. */
  markSent() {
    this.sentSeq = this.#readSeq;
    this.#onSent?.();
  }

  stop() {
    this.#hasStopped = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#onSent?.();
  }

  #hasNews(): boolean {
    return this.#notedSeq > this.#readSeq;
  }

  async #run() {
    this.#isReading = true;
    try {
      while (this.#hasNews() && this.#options.isWanted()) await this.#readPage();
    } catch (error) {
      this.#retryLater(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readPage() {
    const generation = this.#generation;
    // Values that were noted may be superseded or deleted by now, so one reading answers whatever it finds.
    this.#notedSeq = 0;
    const page = await this.#readOrRemember(generation);
    if (this.#hasStopped || generation !== this.#generation) return;
    if (page.lastSeq > this.#readSeq) {
      this.#readSeq = page.lastSeq;
      this.#options.onPage(page);
    }
    if (page.done) return;
    this.#notedSeq = Infinity;
    // The next page waits until this one has left the outbox, so that a flood of items holds two pages.
    await new Promise<void>((resolve) => (this.#onSent = resolve));
    this.#onSent = null;
  }

  async #readOrRemember(generation: number): Promise<HistoryPage> {
    try {
      return await this.#options.read(generation, this.#readSeq);
    } catch (error) {
      this.#notedSeq = Infinity;
      throw error;
    }
  }

  #retryLater(error: unknown) {
    if (this.#hasStopped) return;
    this.#options.log.warn({ err: error }, "new items could not be read");
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.resume();
    }, RETRY_AFTER_MS);
  }
}
