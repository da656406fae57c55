import { randomBytes } from "node:crypto";
import { openDatabase, type Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import { BUS_CHANNEL } from "./bus-message.ts";

/** How the payload of a beat begins; those of other processes pass unheard. */
const BEAT = "beat ";
const BEAT_INTERVAL_MS = 5_000;
/** While there is no database. */
const RETRY_INTERVAL_MS = 1_000;
/** For a beat to be heard, and for a new connection to be made. */
const BEAT_TIMEOUT_MS = 3_000;

export interface BusListenerOptions {
  databaseUrl: string;
  log: Log;
  onPayload(payload: string): void;
  /** There is no database: from some moment before on, nothing is heard until `onRelisten`. Said once until then. */
  onLost(): void;
  /** Notifications may have been lost before this moment; none is after it. */
  onRelisten(): void;
  beatIntervalMs?: number;
  beatTimeoutMs?: number;
}

/**
 * Keeps one connection on the bus channel, and one that sends it a beat every 5 s. The driver listens again when a
 * connection closes, but gives up where that fails, and sees nothing of one that died without closing: when a beat is
 * not heard both are replaced.
 */
export class BusListener {
  readonly #options: BusListenerOptions;
  readonly #beat = BEAT + randomBytes(8).toString("hex");
  #connection: Database | null = null;
  #timer: NodeJS.Timeout | null = null;
  #onBeat: (() => void) | null = null;
  #isLost = false;
  #closed = false;

  constructor(options: BusListenerOptions) {
    this.#options = options;
  }

  get #beatTimeoutMs() {
    return this.#options.beatTimeoutMs ?? BEAT_TIMEOUT_MS;
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
    const connection = openDatabase(this.#options.databaseUrl, {
      maxConnections: 1,
      connectTimeoutMs: this.#beatTimeoutMs,
    });
    this.#connection = connection;
    let isFirst = true;
    await connection.sql.listen(
      BUS_CHANNEL,
      (payload) => {
        if (this.#connection === connection) this.#onPayload(payload);
      },
      () => {
        if (!isFirst && this.#connection === connection) this.#noteRelisten();
        isFirst = false;
      },
    );
  }

  #onPayload(payload: string) {
    if (payload === this.#beat) this.#onBeat?.();
    else if (!payload.startsWith(BEAT)) this.#options.onPayload(payload);
  }

  #scheduleBeat(inMs: number) {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#check(), inMs);
    this.#timer.unref();
  }

  async #check() {
    const { beatIntervalMs = BEAT_INTERVAL_MS, log } = this.#options;
    try {
      const isHeard = await this.#isHeard();
      if (this.#closed) return;
      if (!isHeard) {
        if (!this.#isLost) log.warn("the bus connection is silent and gets replaced");
        await this.#replace();
      }
      this.#scheduleBeat(beatIntervalMs);
    } catch (error) {
      if (this.#closed) return;
      log.warn({ err: error }, "the bus has no connection to the database");
      this.#noteLost();
      this.#scheduleBeat(Math.min(RETRY_INTERVAL_MS, beatIntervalMs));
    }
  }

  async #isHeard(): Promise<boolean> {
    const sql = this.#connection?.sql;
    if (!sql || this.#isLost) return false;
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#beatTimeoutMs);
      this.#onBeat = () => resolve(true);
    });
    const refused = sql`select pg_notify(${BUS_CHANNEL}, ${this.#beat})`.then(
      () => heard,
      (error: unknown) => {
        this.#options.log.debug({ err: error }, "a beat could not be sent");
        return false;
      },
    );
    try {
      return await Promise.race([heard, refused]);
    } finally {
      clearTimeout(timer);
      this.#onBeat = null;
    }
  }

  #noteLost() {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost();
  }

  #noteRelisten() {
    this.#isLost = false;
    this.#options.onRelisten();
  }

  async #replace() {
    const dead = this.#connection;
    this.#connection = null;
    // Closing waits for an answer that a dead connection never gives.
    void dead
      ?.close()
      .catch((error: unknown) => this.#options.log.debug({ err: error }, "dead bus connection"));
    await this.#listen();
    this.#noteRelisten();
  }
}
