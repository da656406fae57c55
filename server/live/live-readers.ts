import type { MovedEvent, WireItem } from "#lib/live-protocol.ts";
import type { Batch, BatchUse } from "#lib/batch.ts";
import type { LineRun } from "#lib/line-states.ts";
import type { SessionState } from "#lib/session-state.ts";

/** What a page shows of a session beside its items, read in one moment. */
export interface SessionReading {
  state: SessionState;
  /** Position of the last item written. */
  lastSeq: number;
  /** ISO 8601. */
  updatedAt: string;
}

/** A batch with all its lines, read in one moment. */
export interface BatchReading {
  batch: Batch;
  use: BatchUse;
  /** Every line, with ascending indexes. */
  lines: LineRun[];
}

export interface ItemsQuery {
  sessionId: string;
  generation: number;
  /** Exclusive. */
  afterSeq: number;
  maxCount: number;
  /** Of bodies and previews together; a page holds at least one item even if it is larger. */
  maxBytes: number;
}

export interface ItemsPage {
  /** Ascending `seq`. */
  items: WireItem[];
  /** Messages among them that found their place after a part of theirs had come. */
  moved?: Omit<MovedEvent, "type">[];
  /** Nothing committed came after the last one when the page was read. */
  done: boolean;
}

/** How the hub reads committed rows; both look at one consistent moment. */
export interface LiveReaders {
  /** Null when the session does not exist or was deleted. */
  readState(sessionId: string): Promise<SessionReading | null>;
  readItemsAfter(query: ItemsQuery): Promise<ItemsPage>;
}
