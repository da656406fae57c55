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
  /** `left`: see `leaveForeign`. */
  outcome: "stored" | "unchanged" | "stale" | "left";
  previous: StoredItem | null;
  /** A newer version brought what is stored already: its number must be kept, or an older retry would win later. */
  raisesVersion: boolean;
  /** Stored already by this very write, in an attempt before. */
  isRepeat: boolean;
}

/**
 * Decides for each item of one batch, in its order, against what is stored. The greater version `(received, index)`
 * wins; of several with one identity in the batch only the last counts. The others are stale, but for those that say the
 * same as what stays: these are unchanged, as they are where they come in a batch of their own.
 */
export function decideItems(
  items: readonly PreparedItem[],
  { received, stored }: { received: number; stored: readonly StoredItem[] },
): Decision[] {
  const previousOf = new Map(stored.map((item) => [identityOf(item), item]));
  const lastOf = new Map(items.map((item) => [item.identity, item]));
  return items.map((item) => {
    const previous = previousOf.get(item.identity) ?? null;
    const last = lastOf.get(item.identity) ?? item;
    const decision = decide(last, received, previous);
    if (last === item) return decision;
    const isSaid = decision.outcome !== "stale" && hasSameContent(item, last);
    const outcome = isSaid ? "unchanged" : "stale";
    return { item, outcome, previous, raisesVersion: false, isRepeat: false };
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

type Content = Pick<StoredItem, "deleted" | "sha256" | "envelopeSha256">;

function hasSameContent(item: Content, other: Content): boolean {
  return (
    item.deleted === other.deleted &&
    item.sha256 === other.sha256 &&
    item.envelopeSha256 === other.envelopeSha256
  );
}
