import { releaseBlobs } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { addItemOutputs } from "#server/outputs/add-item-outputs.ts";
import { addLineOutputs, type BroughtOutput } from "#server/outputs/add-line-outputs.ts";
import { blameItems } from "./failure-kind.ts";
import type { ItemChange } from "./plan-messages.ts";
import { isBytesOfLine } from "./read-output-line.ts";
import type { StoredBody, StoredFile } from "./store-body.ts";
import type { BatchTarget } from "./write-batch.ts";

type RefTarget = Pick<BatchTarget, "sessionId" | "generation" | "fence">;

interface RefChanges {
  changes: readonly ItemChange[];
  /** Of the large item, which is alone in its batch. */
  body: StoredBody | null;
}

/**
 * Notes where the files of stored bodies are, in place of those of the bodies that were there before. Runs behind the
 * write of the items' rows. What an upload brings out so is an output of the session, too; of what an agent says its
 * own collector makes them.
 */
export async function writeItemRefs(
  tx: TransactionSql,
  target: RefTarget,
  { changes, body }: RefChanges,
): Promise<void> {
  const replaced = changes.filter(({ previous }) => previous?.blobId);
  const releasedBlobIds = await removeRefs(tx, target, replaced);
  const change = changes.find(({ item }) => item.large);
  const files = (change && body?.files) ?? [];
  if (change && files.length > 0) await addRefs(tx, target, { change, files });
  if (target.fence === undefined) {
    await addLineOutputs(
      tx,
      target,
      changes.flatMap((one) => readBrought(one, files) ?? []),
    );
    if (change && change.item.line === null)
      await addItemOutputs(tx, target, { files, seq: change.seq });
  }
  // Their bytes go with the next sweep.
  await releaseBlobs(tx, releasedBlobIds);
}

interface FilesOfItem {
  change: ItemChange;
  files: readonly StoredFile[];
}

async function addRefs(
  tx: TransactionSql,
  target: RefTarget,
  { change, files }: FilesOfItem,
): Promise<void> {
  const { type, messageId, partId } = change.item;
  await tx`
    insert into item_refs
      (session_id, generation, type, message_id, part_id, pointer, at, head_bytes, blob_id, mime, name)
    select ${target.sessionId}, ${target.generation}, ${type}, ${messageId}, ${partId}, file.*
    from unnest(
      ${files.map(({ pointer }) => pointer)}::text[],
      ${files.map(({ at }) => at)}::bigint[],
      ${files.map(({ headBytes }) => headBytes)}::integer[],
      ${files.map(({ blobId }) => blobId)}::uuid[],
      ${files.map(({ mime }) => mime)}::text[],
      ${files.map(({ name }) => name)}::text[]
    ) as file`.catch(blameItems);
}

/** Null for an item that is no line of an export, and for one without bytes. */
function readBrought(
  { item, seq }: ItemChange,
  files: readonly StoredFile[],
): BroughtOutput | null {
  if (item.line === null) return null;
  const { outputId, port, mime, cutOff, small } = item.line;
  const facts = { lineId: item.partId, originalId: outputId, name: port, mime, cutOff, seq };
  if (small) return { ...facts, ...small, bytes: small.value.byteLength, blobId: null };
  const stored = files.find(isBytesOfLine);
  if (!stored) return null;
  const { blobId, bytes, sha256 } = stored;
  return { ...facts, blobId, bytes, sha256 };
}

async function removeRefs(
  tx: TransactionSql,
  { sessionId, generation }: RefTarget,
  changes: readonly ItemChange[],
): Promise<string[]> {
  if (changes.length === 0) return [];
  const items = changes.map(({ item }) => item);
  const removed = await tx<{ blobId: string }[]>`
    delete from item_refs r
    using unnest(
      ${items.map(({ type }) => type)}::text[],
      ${items.map(({ messageId }) => messageId)}::text[],
      ${items.map(({ partId }) => partId)}::text[]
    ) as gone(type, message_id, part_id)
    where session_id = ${sessionId} and generation = ${generation}
      and r.type = gone.type and r.message_id = gone.message_id and r.part_id = gone.part_id
    returning blob_id as "blobId"`;
  return removed.map(({ blobId }) => blobId);
}
