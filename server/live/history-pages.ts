import { EventFrame, toFrameEvent, type FrameEvent } from "./event-frame.ts";
import type { Topic } from "#lib/live-protocol.ts";
import type { ItemsPage, LiveReaders } from "./live-readers.ts";

const PAGE_MAX_COUNT = 256;
const PAGE_MAX_BYTES = 256 * 1024;

/** A page of a session's change log, ready to send. */
export interface HistoryPage {
  frame: EventFrame;
  /** Position of its last item, or where it was asked to begin when it has none. */
  lastSeq: number;
  done: boolean;
}

interface HistoryPagesOptions {
  topic: Topic;
  sessionId: string;
  readItemsAfter: LiveReaders["readItemsAfter"];
}

/**
 * Reads pages of a session's items. Viewers who ask for the same page at the same time share one reading and its
 * frame: a thousand of them that come back together after a cut cost one query.
 */
export class HistoryPages {
  readonly #options: HistoryPagesOptions;
  readonly #reading = new Map<string, Promise<HistoryPage>>();

  constructor(options: HistoryPagesOptions) {
    this.#options = options;
  }

  read(generation: number, afterSeq: number): Promise<HistoryPage> {
    const key = `${generation}-${afterSeq}`;
    const shared = this.#reading.get(key);
    if (shared !== undefined) return shared;
    const page = this.readNow(generation, afterSeq).finally(() => {
      if (this.#reading.get(key) === page) this.#reading.delete(key);
    });
    this.#reading.set(key, page);
    return page;
  }

  /** Readings that have begun are not shared any more: there is something that they may not have seen. */
  forget() {
    this.#reading.clear();
  }

  /** Never shares a reading that began earlier, which may not have seen what is asked for. */
  async readNow(generation: number, afterSeq: number): Promise<HistoryPage> {
    const { topic, sessionId, readItemsAfter } = this.#options;
    const page = await readItemsAfter({
      sessionId,
      generation,
      afterSeq,
      maxCount: PAGE_MAX_COUNT,
      maxBytes: PAGE_MAX_BYTES,
    });
    const { items, done } = page;
    return {
      frame: new EventFrame(topic, toFrameEvents(page, generation)),
      lastSeq: items.at(-1)?.seq ?? afterSeq,
      // A page that says "more" and brings nothing would be asked for again for ever.
      done: done || items.length === 0,
    };
  }
}

/** A `moved` event comes right before its message, shares its position, and so is neither lost nor repeated. */
function toFrameEvents({ items, moved = [] }: ItemsPage, generation: number): FrameEvent[] {
  const sortKeys = new Map(moved.map(({ messageId, sortKey }) => [messageId, sortKey]));
  return items.flatMap((item) => {
    const { seq, messageId } = item;
    const itemEvent = toFrameEvent({ type: "item", seq, item }, generation);
    const sortKey = item.type === "message" ? sortKeys.get(messageId) : undefined;
    if (sortKey === undefined) return itemEvent;
    const movedEvent = toFrameEvent({ type: "moved", messageId, sortKey }, generation);
    return [{ ...movedEvent, kind: "item" as const, seq }, itemEvent];
  });
}
