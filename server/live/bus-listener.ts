import { randomBytes } from "node:crypto";
import { openDatabase, type Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { BUS_CHANNEL } from "./bus-message.ts";

const BEAT_INTERVAL_MS = 5_000;
/** After a missed beat. */
const RETRY_INTERVAL_MS = 1_000;
const BEAT_TIMEOUT_MS = 3_000;

export interface BusListenerOptions {
  /** Of the one connection that listens. */
  databaseUrl: string;
  /** Sends the beats. */
  database: Database;
  log: Log;
  onPayload(payload: string): void;
  /** Notifications may have been lost before this moment; none is after it. */
  onRelisten(): void;
  beatIntervalMs?: number;
  beatTimeoutMs?: number;
}

/**
 * Keeps one connection on the bus channel. The driver listens again when the connection closes; a beat every 5 s
 * through the database also finds connections that died without closing, and replaces them.
 */
export class BusListener {
  readonly #options: BusListenerOptions;
  readonly #beatChannel = `millrace_beat_${randomBytes(8).toString("hex")}`;
  #connection: Database | null = null;
  #timer: NodeJS.Timeout | null = null;
  #onBeat: (() => void) | null = null;
  #closed = false;

  constructor(options: BusListenerOptions) {
    this.#options = options;
  }

  /** Resolves when notifications arrive. */
  async open() {
    await this.#listen();
    this.#scheduleBeat(this.#options.beatIntervalMs ?? BEAT_INTERVAL_MS);
  }

  async close() {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#onBeat?.();
    await this.#connection?.close();
  }

  async #listen() {
    const connection = openDatabase(this.#options.databaseUrl, { maxConnections: 1 });
    this.#connection = connection;
    let isFirst = true;
    await connection.sql.listen(this.#beatChannel, () => this.#onBeat?.());
    await connection.sql.listen(
      BUS_CHANNEL,
      (payload) => {
        if (this.#connection === connection) this.#options.onPayload(payload);
      },
      () => {
        if (!isFirst && this.#connection === connection) this.#options.onRelisten();
        isFirst = false;
      },
    );
  }

  #scheduleBeat(inMs: number) {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#beat(), inMs);
    this.#timer.unref();
  }

  async #beat() {
    const { beatIntervalMs = BEAT_INTERVAL_MS, log } = this.#options;
    try {
      if (await this.#isHeard()) return this.#scheduleBeat(beatIntervalMs);
      if (this.#closed) return;
      log.warn("the bus connection is silent and gets replaced");
      await this.#replace();
      this.#scheduleBeat(beatIntervalMs);
    } catch (error) {
      if (this.#closed) return;
      log.warn({ err: error }, "the bus has no connection to the database");
      this.#scheduleBeat(Math.min(RETRY_INTERVAL_MS, beatIntervalMs));
    }
  }

  async #isHeard(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#options.beatTimeoutMs ?? BEAT_TIMEOUT_MS);
      this.#onBeat = () => resolve(true);
    });
    try {
      await this.#options.database.sql`select pg_notify(${this.#beatChannel}, '')`;
      return await heard;
    } finally {
      clearTimeout(timer);
      this.#onBeat = null;
    }
  }

  async #replace() {
    const dead = this.#connection;
    this.#connection = null;
    // Closing waits for an answer that a dead connection never gives.
    void dead
      ?.close()
      .catch((error: unknown) => this.#options.log.debug({ err: error }, "dead bus connection"));
    await this.#listen();
    this.#options.onRelisten();
  }
}
