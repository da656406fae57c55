import type { LiveError } from "#lib/live-protocol.ts";
import type { Log } from "#server/log.ts";
import { liveError } from "./live-error.ts";

/** How long somebody may watch on who no longer may. */
export const RECHECK_MS = 1_000;

/** An open socket or stream of events. */
export interface WatcherConnection {
  /** Tells what happened, and ends. */
  fail(error: LiveError): void;
  /** Breaks as a broken network would. */
  cut(): void;
}

interface WatchersOptions<Viewer> {
  /** Those of the viewers whose login or membership has ended. */
  findEnded(viewers: Viewer[]): Promise<Set<Viewer>>;
  recheckMs: number;
  log: Log;
}

/** Everybody who watches here, over sockets or streams: ends those whose right to do so has ended. */
export class Watchers<Viewer> {
  readonly #connections = new Map<WatcherConnection, Viewer>();
  readonly #options: WatchersOptions<Viewer>;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  constructor(options: WatchersOptions<Viewer>) {
    this.#options = options;
    this.#timer = setInterval(() => {
      // The database's absence ends nothing: who may watch is asked again when it is back.
      this.#recheck().catch((err: unknown) => options.log.debug({ err }, "watchers not checked"));
    }, options.recheckMs);
    this.#timer.unref();
  }

  /** Returns how to leave. */
  add(viewer: Viewer, connection: WatcherConnection): () => void {
    this.#connections.set(connection, viewer);
    return () => void this.#connections.delete(connection);
  }

  cutAll(): void {
    for (const connection of this.#connections.keys()) connection.cut();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #recheck(): Promise<void> {
    if (this.#isAsking || this.#connections.size === 0) return;
    this.#isAsking = true;
    try {
      const ended = await this.#options.findEnded([...this.#connections.values()]);
      for (const [connection, viewer] of this.#connections) {
        if (ended.has(viewer)) connection.fail(liveError("unauthorized"));
      }
    } finally {
      this.#isAsking = false;
    }
  }
}
