import type { Cursor, LiveEvent, StateEvent } from "#lib/live-protocol.ts";

/**
 * Follows one topic over any number of connections: lets every item through once and in order, keeps the cursor
 * that the next connection goes on from, and drops what is older than what came before.
 */
export class TopicFollower {
  cursor: Cursor | null;
  /** Since the connection was made. */
  isCaughtUp = false;
  #lastSeq = 0;
  #revision = 0;

  constructor(cursor: Cursor | null) {
    this.cursor = cursor === null ? null : { ...cursor };
  }

  /** How many positions are missing, at most: superseded values count too. */
  get behind(): number {
    if (this.isCaughtUp || this.cursor === null) return 0;
    return Math.max(0, this.#lastSeq - this.cursor.seq);
  }

  /** A new connection begins where the last one ended. */
  connect() {
    this.isCaughtUp = false;
  }

  /** What is news among the events, in order. */
  take(events: readonly LiveEvent[]): LiveEvent[] {
    return events.filter((event) => this.#isNews(event));
  }

  #isNews(event: LiveEvent): boolean {
    switch (event.type) {
      case "state":
        return this.#takeState(event);
      case "item":
        if (this.cursor === null || event.seq <= this.cursor.seq) return false;
        this.cursor.seq = event.seq;
        this.#lastSeq = Math.max(this.#lastSeq, event.seq);
        return true;
      case "reset":
        this.cursor = { generation: event.generation, seq: 0 };
        this.isCaughtUp = false;
        return true;
      case "caught-up":
        this.isCaughtUp = true;
        return true;
      default:
        return true;
    }
  }

  #takeState({ state, lastSeq }: StateEvent): boolean {
    const { generation, revision } = state;
    this.cursor ??= { generation, seq: 0 };
    if (generation < this.cursor.generation) return false;
    if (generation === this.cursor.generation && revision < this.#revision) return false;
    this.#lastSeq = lastSeq;
    this.#revision = revision;
    return true;
  }
}
