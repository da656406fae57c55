import { AppError } from "#lib/errors.ts";
import { markBlobsDeleted } from "#server/blobs/delete-blobs.ts";
import { BLOB_LEASE_MS } from "#server/blobs/write-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, type NewsServices, transact } from "#server/live/transact.ts";
import { decideItems, type Decision } from "./decide-items.ts";
import { raiseVersions, writeItemRows } from "./item-rows.ts";
import { leaveForeign } from "./leave-foreign.ts";
import { findMessageRows, findStoredItems, lockLease, lockSession } from "./lock-session.ts";
import { countTurns, countTurnsLeft, upsertMessages } from "./message-rows.ts";
import {
  planMessages,
  type ItemChange,
  type MessagePlan,
  type MessagePosition,
  type MovedMessage,
} from "./plan-messages.ts";
import { planSession, type LockedSession } from "./plan-session.ts";
import type { BatchEntry } from "./prepare-item.ts";
import { blobsOfBody, ownBlobsOfBody, type StoredBody } from "./store-body.ts";
import { writeItemRefs } from "./write-item-refs.ts";
import { writeSkippedItems } from "./skipped-rows.ts";
import { updateSession, type SessionUpdate } from "./update-session.ts";

/**
 * A write that only makes items readable sooner: all of them will come again, with the same versions, in one that counts.
 * It leaves to that one what the second time would look different, or what could not be taken back if that one never
 * comes: skips, what other writes brought and its versions, and turns that are counted at the end.
 */
export interface Provisional {
  /** Runs behind the session's lock before anything is written; throws when nothing must be any more. */
  check: (tx: TransactionSql) => Promise<void>;
  /** Runs in the transaction of each batch, which may be tried again: what it writes commits with the items, or not at all. */
  note: (tx: TransactionSql, results: readonly ItemResult[]) => Promise<void>;
}

export interface BatchTarget {
  sessionId: string;
  generation: number;
  /** Of the actor that writes; left out by writers that own no session. */
  fence?: number | undefined;
  /** Null: take the next number of the session. */
  received: number | null;
  provisional?: Provisional | undefined;
}

export interface Batch {
  entries: readonly BatchEntry[];
  /** Where the body of a large item is stored already; a large item is alone in its batch. */
  body: StoredBody | null;
  /** An attempt before this one may have committed and died before it told anybody: tell again. */
  isRetry: boolean;
}

export interface ItemResult {
  outcome: Decision["outcome"] | "skipped";
  /** An unchanged item was stored by an earlier attempt of the same write. */
  isRepeat?: boolean;
  /** Of a skipped item; safe to show. */
  reason?: string;
}

export interface BatchOutcome {
  results: ItemResult[];
  lastSeq: number;
  received: number;
  moved: MovedMessage[];
  /** Marked as deleted in the transaction; their bytes go next. */
  releasedBlobIds: string[];
  /** Turns remain to be counted, by `settleTurns` after the last batch. */
  areTurnsLeft: boolean;
}

/**
 * One transaction: locks the session's row until commit, so that positions become visible in order and no other
 * writer, delete or take-over comes between reading and writing. Null when a large item has to be stored and
 * `body` is not there yet: write the blob, then call again. No network call but the database's happens inside.
 *
 * Throws `gone` for a deleted session or another generation, `conflict` for a lost fence, and the driver's own errors.
 */
export async function writeBatch(
  services: NewsServices,
  target: BatchTarget,
  batch: Batch,
): Promise<BatchOutcome | null> {
  return transact(services, async (tx) => {
    const items = batch.entries.filter((entry) => entry.kind === "prepared");
    // Sent without waiting in between: what is read behind the lock stays true until commit.
    const [session, , stored, messageRows] = await Promise.all([
      lockSession(tx, target),
      lockLease(tx, target),
      findStoredItems(tx, target, items),
      findMessageRows(tx, target, items),
      target.provisional?.check(tx),
    ]);
    const received = target.received ?? session.counter + Math.min(1, batch.entries.length);
    const isProvisional = target.provisional !== undefined;
    const decided = decideItems(items, { received, stored });
    const decisions = isProvisional ? leaveForeign(decided, received) : decided;
    const results = resultsOf(batch.entries, decisions);
    if (batch.body === null && decisions.some(needsBody)) return null;

    const changes = numberChanges(decisions, target.received === null ? received : session.counter);
    const isRepeat = target.received !== null && session.skippedItemCount > 0;
    const skippedCount = target.provisional
      ? 0
      : await writeSkippedItems(tx, { ...target, received }, { entries: batch.entries, isRepeat });
    const messages = planMessages(changes, messageRows);
    const plan = planSession(session, { changes, messages, skippedCount });
    const lastSeq = changes.at(-1)?.seq ?? session.lastSeq;
    const turnsFrom = findTurnsFrom(session, messages);
    const releasedBlobIds = findReleasedBlobs(decisions, batch.body);
    const written = { ...target, received, bodyBlobId: batch.body?.blobId ?? null };
    const update = { session, plan, lastSeq, received, skippedCount, turnsFrom };
    // Sent in this order, answered when all are done.
    const [, , , , , , areTurnsLeft] = await Promise.all([
      changes.some((change) => change.item.large) ? keepBlobs(tx, batch.body!) : null,
      writeItemRows(tx, written, changes),
      writeItemRefs(tx, target, { changes, body: batch.body }),
      raiseVersions(
        tx,
        written,
        decisions.filter((decision) => decision.raisesVersion && !isProvisional),
      ),
      upsertMessages(tx, target, messages.rows),
      countTurns(tx, target, turnsFrom),
      updateSession(tx, target, update),
      markBlobsDeleted(tx, releasedBlobIds),
      target.provisional?.note(tx, results),
    ]);
    announceChanges(tx, target, { ...update, isRetry: batch.isRetry });
    return {
      results,
      lastSeq,
      received,
      moved: messages.moved,
      releasedBlobIds,
      areTurnsLeft,
    };
  });
}

/**
 * Counts the turns that batches have left. Also those of a write that died before it came to that: whoever writes next
 * finds them. Safe to run twice. Throws what `writeBatch` throws.
 */
export async function settleTurns(services: NewsServices, target: TurnsTarget): Promise<void> {
  await transact(services, (tx) => settleTurnsIn(tx, target));
}

type TurnsTarget = Pick<BatchTarget, "sessionId" | "generation" | "fence">;

/** `settleTurns` for whoever ends a write otherwise, in the transaction that does so. */
export async function settleTurnsIn(tx: TransactionSql, target: TurnsTarget): Promise<void> {
  const [session] = await Promise.all([lockSession(tx, target), lockLease(tx, target)]);
  if (session.turnsUncountedFrom !== null)
    await countTurnsLeft(tx, target, session.turnsUncountedFrom);
}

const needsBody = ({ item, outcome }: Decision) => outcome === "stored" && item.large !== null;

/** From here on turns become wrong with this batch; null when none do, or are anyway. */
function findTurnsFrom(
  { turnsUncountedFrom }: LockedSession,
  { turnsFrom }: MessagePlan,
): MessagePosition | null {
  if (turnsFrom === null || turnsUncountedFrom === null) return turnsFrom;
  const isLeft =
    Buffer.compare(Buffer.from(turnsUncountedFrom), Buffer.from(turnsFrom.sortKey)) <= 0;
  return isLeft ? null : turnsFrom;
}

/** Positions ascend in the order of the batch; only what really changes takes one. */
function numberChanges(decisions: readonly Decision[], after: number): ItemChange[] {
  return decisions
    .filter((decision) => decision.outcome === "stored")
    .map(({ item, previous }, position) => ({ item, previous, seq: after + 1 + position }));
}

/** One for each entry; the decisions are those of the prepared ones, in their order. */
function resultsOf(entries: readonly BatchEntry[], decisions: readonly Decision[]): ItemResult[] {
  const decided = decisions.values();
  return entries.map((entry) => {
    if (entry.kind === "refused") return { outcome: "skipped", reason: entry.reason };
    const { outcome, isRepeat } = decided.next().value as Decision;
    return isRepeat ? { outcome, isRepeat } : { outcome };
  });
}

/** Bodies that were replaced, and a body that was stored in vain; never the one that a row refers to. */
function findReleasedBlobs(decisions: readonly Decision[], body: StoredBody | null): string[] {
  const replaced = decisions
    .filter((decision) => decision.outcome === "stored")
    .flatMap(({ previous }) => previous?.blobId ?? []);
  const isUsed = decisions.some(
    ({ outcome, previous, item }) =>
      item.large && (outcome === "stored" || previous?.blobId === body?.blobId),
  );
  return body === null || isUsed ? replaced : [...replaced, ...ownBlobsOfBody(body)];
}

/** The reason in the details of an `unavailable`: a blob of the body, or of its files, is there no more. */
export const BODY_GONE = "body_gone";

/** Holds the sweeper off: it looks at the lease again after waiting for this transaction. */
async function keepBlobs(tx: TransactionSql, body: StoredBody): Promise<void> {
  const blobIds = blobsOfBody(body);
  const { count } = await tx`
    update blobs set lease_until = clock_timestamp() + ${BLOB_LEASE_MS} * interval '1 millisecond'
    where id = any(${blobIds}::uuid[]) and state = 'complete'`.execute();
  if (count !== blobIds.length)
    throw new AppError("unavailable", "The stored body of an item is gone, write it again", {
      details: { reason: BODY_GONE },
    });
}

function announceChanges(
  tx: TransactionSql,
  { sessionId, generation }: BatchTarget,
  { session, plan, lastSeq, isRetry }: SessionUpdate & Pick<Batch, "isRetry">,
): void {
  if (lastSeq !== session.lastSeq || isRetry)
    announce(tx, { kind: "items", sessionId, generation, seq: lastSeq });
  if (plan.isVisible || isRetry) announce(tx, { kind: "state", sessionId, teamId: session.teamId });
}
