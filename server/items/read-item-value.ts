import { AppError } from "#lib/errors.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { createOutputRef } from "#server/outputs/output-ref.ts";
import { findBodyFiles } from "./open-far-body.ts";
import type { ItemPosition } from "./open-item-body.ts";

const VALUE_MAX_BYTES = 4 * 1024 * 1024;

interface Row {
  body: string | null;
  blobId: string | null;
}

/**
 * The value of an item, with references in the places of files that lie in blobs of their own, for `resolveOutput`:
 * nothing else in it is one. Throws `not_found` as `openItemBody` does, `invalid_input` for a body that is no JSON,
 * `too_large` for one of more than 4 MiB without its files: it is in memory.
 */
export async function readItemValue(
  services: BlobServices,
  position: ItemPosition,
): Promise<unknown> {
  const { sql } = services.database;
  const { sessionId, generation, seq } = position;
  const [row] = await sql<Row[]>`
    select body, blob_id as "blobId" from items
    where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and not deleted`;
  if (!row)
    throw new AppError("not_found", "This item has changed or is gone", {
      details: { sessionId, seq },
    });
  if (row.blobId === null) return parse(row.body!);
  const files = await findBodyFiles(sql, { ...position, blobId: row.blobId });
  const { stream, totalBytes } = await openBlob(services, row.blobId);
  if (totalBytes > VALUE_MAX_BYTES) {
    stream.destroy();
    throw new AppError("too_large", "This item is too large to be read as a value", {
      details: { bytes: totalBytes, maxBytes: VALUE_MAX_BYTES },
    });
  }
  let value = parse(Buffer.concat(await stream.toArray()).toString("utf8"));
  for (const { pointer, blobId, bytes, mime, name } of files) {
    const ref = { sessionId, generation, blobId, bytes, mime, name, form: "data-url" } as const;
    value = withValueAt(value, pointer, createOutputRef({ ...ref, label: pointer }));
  }
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AppError("invalid_input", "This item is no JSON", { cause });
  }
}

/** Changes the value, which is this reader's own. */
function withValueAt(value: unknown, pointer: string, member: unknown): unknown {
  if (pointer === "") return member;
  const steps = pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = steps.pop()!;
  let parent = value as Record<string, unknown>;
  for (const step of steps) parent = parent[step] as Record<string, unknown>;
  Object.defineProperty(parent, last, {
    value: member,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return value;
}
