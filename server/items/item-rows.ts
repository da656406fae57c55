import { AppError } from "#lib/errors.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { cutPreview } from "./cut-preview.ts";
import type { Decision, StoredItem } from "./decide-items.ts";
import { blameItems } from "./failure-kind.ts";
import type { ItemChange } from "./plan-messages.ts";

interface ReceivedTarget {
  sessionId: string;
  generation: number;
  received: number;
}

interface BodyTarget extends ReceivedTarget {
  /** Of the large item, which is alone in its batch. */
  bodyBlobId: string | null;
}

/**
 * Stores what changed. The session's row is locked and decided upon, so every row must be written; the primary key and
 * the guard are there for the day when somebody writes without that lock.
 */
export async function writeItemRows(
  tx: TransactionSql,
  target: BodyTarget,
  changes: readonly ItemChange[],
): Promise<void> {
  const added = changes.filter((change) => change.previous === null);
  const replaced = changes.filter((change) => change.previous !== null);
  await Promise.all([insertItems(tx, target, added), updateItems(tx, target, replaced)]);
}

async function insertItems(
  tx: TransactionSql,
  target: BodyTarget,
  changes: readonly ItemChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const { sessionId, generation, received } = target;
  await tx`
    insert into items
      (session_id, generation, type, message_id, part_id, first_seq, seq, version_received, version_index,
      body, blob_id, envelope, byte_size, body_sha256, head, preview, deleted)
    select ${sessionId}, ${generation}, change.type, change.message_id, change.part_id, change.seq, change.seq,
      ${received}, change.version_index, ${bodyColumns(tx, target, changes)}, change.deleted
    from ${changeRows(tx, changes)}`.catch(blameItems);
}

async function updateItems(
  tx: TransactionSql,
  target: BodyTarget,
  changes: readonly ItemChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const { count } = await tx`
    update items i set
      seq = change.seq, version_received = ${target.received}, version_index = change.version_index,
      (body, blob_id, envelope, byte_size, body_sha256, head, preview) = row(${bodyColumns(tx, target, changes)}),
      deleted = change.deleted, updated_at = now()
    from ${changeRows(tx, changes)}
    where i.ctid = change.row_id
      and (i.version_received, i.version_index) < (${target.received}, change.version_index)`.catch(
    blameItems,
  );
  if (count !== changes.length)
    throw new AppError("internal", "Items were written without the lock of their session");
}

/**
 * Columns of a batch, one parameter each, and all bodies in a single text that is cut by its bytes: a parameter for each
 * value would cost both sides more than the row itself. What is missing at the end of a column is null.
 */
function changeRows(tx: TransactionSql, changes: readonly ItemChange[]): Fragment {
  const items = changes.map((change) => change.item);
  return tx`
    (select convert_to(${items.map((item) => item.text ?? "").join("")}, 'UTF8') as bytes offset 0) bodies
    cross join unnest(
      ${changes.flatMap(({ previous }) => previous?.rowId ?? [])}::text[]::tid[],
      ${changes.map((change) => change.seq)}::bigint[],
      ${items.map((item) => item.index)}::integer[],
      ${items.map((item) => item.type)}::text[],
      ${items.map((item) => item.messageId)}::text[],
      ${items.map((item) => item.partId)}::text[],
      ${bodyStarts(changes)}::integer[],
      ${items.map((item) => item.byteSize)}::bigint[],
      ${items.map((item) => item.sha256)}::text[],
      ${items.some((item) => item.envelope !== null) ? items.map((item) => item.envelope) : []}::text[],
      ${items.some((item) => item.head !== null) ? items.map((item) => item.head) : []}::text[],
      ${items.map((item) => String(item.deleted))}::boolean[]
    ) as change(row_id, seq, version_index, type, message_id, part_id, body_start, byte_size, body_sha256,
      envelope, head, deleted)`;
}

/** Body, blob, envelope, size, hash, head and preview of a change. */
function bodyColumns(
  tx: TransactionSql,
  { bodyBlobId }: BodyTarget,
  changes: readonly ItemChange[],
): Fragment {
  const large = changes.find((change) => change.item.large)?.item.large;
  return tx`
    convert_from(substring(bodies.bytes from change.body_start for change.byte_size::integer), 'UTF8'),
    ${large ? bodyBlobId : null}::uuid, change.envelope, change.byte_size, change.body_sha256, change.head,
    ${large ? cutPreview(large) : null}::text`;
}

/** Where the body of each change begins among the bodies, in bytes from 1; null for one that is not in its row. */
function bodyStarts(changes: readonly ItemChange[]): (number | null)[] {
  let next = 1;
  return changes.map(({ item }) => {
    if (item.text === null) return null;
    const start = next;
    next += item.byteSize;
    return start;
  });
}

/** Keeps the version of an equal body that came again; nobody sees a change. */
export async function raiseVersions(
  tx: TransactionSql,
  { received }: Pick<ReceivedTarget, "received">,
  decisions: readonly Decision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const rowIds = decisions.map(({ previous }) => (previous as StoredItem).rowId);
  await tx`
    update items i set version_received = ${received}, version_index = raised.version_index
    from unnest(
      ${rowIds}::text[]::tid[],
      ${decisions.map(({ item }) => item.index)}::integer[]
    ) as raised(row_id, version_index)
    where i.ctid = raised.row_id`.execute();
}
