import { OUTPUT_LINE_TYPE } from "#lib/export.ts";
import { releaseBlobs } from "#server/blobs/delete-blobs.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { addItemOutputs, type ItemFiles } from "#server/outputs/add-item-outputs.ts";
import { toCleanText } from "./clean-text.ts";
import { blameItems } from "./failure-kind.ts";
import type { ItemChange } from "./plan-messages.ts";
import { readMembers } from "./read-members.ts";
import type { StoredBody, StoredFile } from "./store-body.ts";
import type { BatchTarget } from "./write-batch.ts";

const FACT_MAX_CHARACTERS = 1_000;

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
  target: Pick<BatchTarget, "sessionId" | "generation" | "fence">,
  { changes, body }: RefChanges,
): Promise<void> {
  const replaced = changes.filter(({ previous }) => previous?.blobId);
  const releasedBlobIds = await removeRefs(tx, target, replaced);
  const change = changes.find(({ item }) => item.large);
  if (change && body && body.files.length > 0)
    await addFiles(tx, target, { change, files: body.files });
  // Their bytes go with the next sweep.
  await releaseBlobs(tx, releasedBlobIds);
}

interface FilesOfItem {
  change: ItemChange;
  files: readonly StoredFile[];
}

async function addFiles(
  tx: TransactionSql,
  target: Pick<BatchTarget, "sessionId" | "generation" | "fence">,
  { change, files }: FilesOfItem,
): Promise<void> {
  const { type, messageId, partId } = change.item;
  await tx`
    insert into item_refs
      (session_id, generation, type, message_id, part_id, pointer, at, head_bytes, blob_id)
    select ${target.sessionId}, ${target.generation}, ${type}, ${messageId}, ${partId}, file.*
    from unnest(
      ${files.map(({ pointer }) => pointer)}::text[],
      ${files.map(({ at }) => at)}::bigint[],
      ${files.map(({ headBytes }) => headBytes)}::integer[],
      ${files.map(({ blobId }) => blobId)}::uuid[]
    ) as file`.catch(blameItems);
  if (target.fence !== undefined) return;
  const isLine = type === OUTPUT_LINE_TYPE;
  const brought = isLine ? broughtOutput(change.item.large!, files) : { files, line: null };
  await addItemOutputs(tx, target, { ...brought, seq: change.seq });
}

/** The file of a line of an export, and what the output was there: its facts stand before its bytes. */
function broughtOutput(body: Buffer, files: readonly StoredFile[]): Omit<ItemFiles, "seq"> {
  const own = files.filter(({ pointer }) => pointer === "/url");
  const facts = readMembers(body.subarray(0, own[0]?.at), ["port", "state", "error"]);
  const textOf = (name: string) => toCleanText(facts.get(name), FACT_MAX_CHARACTERS);
  const reason = textOf("error") ?? "It was brought as incomplete";
  const cutOff = facts.get("state") === "incomplete" ? reason : null;
  return { files: own, line: { port: textOf("port") ?? null, cutOff } };
}

async function removeRefs(
  tx: TransactionSql,
  { sessionId, generation }: Pick<BatchTarget, "sessionId" | "generation">,
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
