import type { HistoryPage } from "./history-pages.ts";
import type { Subscription } from "./subscription.ts";

/** What the reading of a viewer's history needs of the topic. */
export interface HistorySource {
  /** Sees at least what had been sent to live viewers when it was called. */
  read(generation: number, afterSeq: number): Promise<HistoryPage>;
  /** Position up to which live viewers were sent everything. */
  sentSeq(): number;
  /**
   * Makes the viewer live if it has everything up to the frames that are still to be sent, and tells it so; false
   * when frames that it lacks have left already. Takes no time: nothing can happen between check and change.
   */
  join(subscription: Subscription): boolean;
}

/**
 * Sends a viewer everything after its cursor, page by page, and joins it to the live frames. The viewer is attached
 * before the first page is read, so what is written meanwhile is either in a page or in a live frame. The next page
 * is read when the last one has left this process: a slow reader of a huge history holds one page.
 * Ends early when the viewer left or its history began anew.
 */
export async function deliverHistory(
  subscription: Subscription,
  source: HistorySource,
): Promise<void> {
  const run = ++subscription.historyRun;
  const isOver = () => subscription.hasEnded || subscription.historyRun !== run;
  for (;;) {
    const { cursor } = subscription;
    if (cursor === null || isOver()) return;
    const sentSeq = source.sentSeq();
    const page = await source.read(cursor.generation, cursor.seq);
    if (isOver()) return;
    if (!page.done) {
      await subscription.sendAndWait(page.frame);
      continue;
    }
    if (page.frame.events.length > 0) subscription.send(page.frame);
    // All of it was committed before the page was read: what the page lacks has been superseded or deleted.
    cursor.seq = Math.max(cursor.seq, sentSeq);
    if (source.join(subscription)) return;
  }
}
