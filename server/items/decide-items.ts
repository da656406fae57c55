import { identityOf, type PreparedItem } from "./prepare-item.ts";

/** What is stored under an item's identity. */
export interface StoredItem {
  /** Physical place of the row (`ctid`): it stays while the session is locked. */
  rowId: string;
  type: string;
  messageId: string;
  partId: string;
  firstSeq: number;
  received: number;
  index: number;
  blobId: string | null;
  byteSize: number;
  sha256: string;
  envelopeSha256: string | null;
  deleted: boolean;
}

export interface Decision {
  item: PreparedItem;
  outcome: "stored" | "unchanged" | "stale";
  previous: StoredItem | null;
  /** A newer version brought what is stored already: its number must be kept, or an older retry would win later. */
  raisesVersion: boolean;
  /** Stored already by this very write, in an attempt before. */
  isRepeat: boolean;
}

/**
 * Decides for each item of one batch, in its order, against what is stored. The greater version `(received, index)`
 * wins; of several with one identity in the batch only the last counts, the others are stale.
 */
export function decideItems(
  items: readonly PreparedItem[],
  { received, stored }: { received: number; stored: readonly StoredItem[] },
): Decision[] {
  const previousOf = new Map(stored.map((item) => [identityOf(item), item]));
  const lastOf = new Map(items.map((item) => [item.identity, item]));
  return items.map((item) => {
    const previous = previousOf.get(item.identity) ?? null;
    if (lastOf.get(item.identity) !== item)
      return { item, outcome: "stale", previous, raisesVersion: false, isRepeat: false };
    return decide(item, received, previous);
  });
}

function decide(item: PreparedItem, received: number, previous: StoredItem | null): Decision {
  const plain = { item, previous, raisesVersion: false, isRepeat: false };
  if (previous === null) return { ...plain, outcome: "stored" };
  const isSameWrite = received === previous.received;
  const isNewer = isSameWrite ? item.index > previous.index : received > previous.received;
  if (hasSameContent(item, previous)) {
    const isRepeat = isSameWrite && item.index === previous.index;
    return { ...plain, outcome: "unchanged", raisesVersion: isNewer, isRepeat };
  }
  return { ...plain, outcome: isNewer ? "stored" : "stale" };
}

function hasSameContent(item: PreparedItem, stored: StoredItem): boolean {
  return (
    item.deleted === stored.deleted &&
    item.sha256 === stored.sha256 &&
    item.envelopeSha256 === stored.envelopeSha256
  );
}
