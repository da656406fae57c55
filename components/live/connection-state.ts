/** How the page stands to the server; what it shows of a session does not depend on it. */
export interface ConnectionState {
  /** `connecting` before the first success, `catching-up` while history arrives, `offline` while trying again. */
  status: "connecting" | "live" | "catching-up" | "offline";
  /** When the status began; while offline, when the outage began, which only being live ends. */
  since: Date;
  /** Positions that are still missing, at most; 0 unless catching up. */
  behind: number;
  /** `event-stream` where sockets are blocked: slower to notice, otherwise the same. */
  transport: "socket" | "event-stream";
}

/** A value that changes, in the shape that React's `useSyncExternalStore` wants. */
export interface Observable<Value> {
  get(): Value;
  /** Returns how to stop. */
  subscribe(listener: () => void): () => void;
}

/** Keeps the state, the same object until something changes. */
export class ConnectionStore implements Observable<ConnectionState> {
  readonly #listeners = new Set<() => void>();
  /** When the outage began; null outside of one. */
  #outageSince: Date | null = null;
  #state: ConnectionState = {
    status: "connecting",
    since: new Date(),
    behind: 0,
    transport: "socket",
  };

  get = () => this.#state;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  set(change: Partial<Omit<ConnectionState, "since">>) {
    const before = this.#state;
    const next = { ...before, ...change };
    const isSame =
      next.status === before.status &&
      next.behind === before.behind &&
      next.transport === before.transport;
    if (isSame) return;
    this.#state = {
      ...next,
      since: next.status === before.status ? before.since : this.#beginningOf(next),
    };
    for (const listener of this.#listeners) listener();
  }

  /** A status that is new begins now, but an outage that was only interrupted goes on. */
  #beginningOf({ status }: ConnectionState): Date {
    const now = new Date();
    if (status === "live") this.#outageSince = null;
    if (status !== "offline") return now;
    this.#outageSince ??= now;
    return this.#outageSince;
  }
}
