import { writeBlob } from "#server/blobs/write-blob.ts";
import type { FoundFile } from "./find-embedded-files.ts";
import type { PreparedItem } from "./prepare-item.ts";
import type { BatchTarget } from "./write-batch.ts";
import type { ItemServices } from "./write-items.ts";

/** Pieces in which a body in memory is handed to the store; of base64 whole groups of four. */
const PIECE_BYTES = 1024 * 1024;

/** A file of a body in a blob of its own, and where it belongs in what is stored of the body. */
export interface StoredFile extends Pick<FoundFile, "pointer" | "mime" | "name" | "headBytes"> {
  at: number;
  blobId: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

/** The body of a large item, durable: without its files, which are beside it. */
export interface StoredBody {
  blobId: string;
  files: StoredFile[];
}

interface BodyToStore {
  item: PreparedItem;
  signal: AbortSignal | undefined;
}

/** Stores a body that is not in its row. What a failure leaves behind is the sweeper's. */
export async function storeBody(
  services: ItemServices,
  { sessionId, generation }: BatchTarget,
  { item, signal }: BodyToStore,
): Promise<StoredBody> {
  const body = item.large!;
  const target = { sessionId, generation, signal };
  const files: StoredFile[] = [];
  let takenBytes = 0;
  for (const { pointer, mime, name, headBytes, start, end } of item.files) {
    const source = decoded(body, start, end);
    const blob = { ...target, purpose: "output" as const, mime, source };
    const stored = await writeBlob(services, name === null ? blob : { ...blob, name });
    files.push({ pointer, mime, name, headBytes, at: start - takenBytes, ...stored });
    takenBytes += end - start;
  }
  const source = piecesWithout(body, item.files);
  const mime = "application/json";
  const { blobId } = await writeBlob(services, { ...target, purpose: "item", mime, source });
  return { blobId, files };
}

export const blobsOfBody = ({ blobId, files }: StoredBody): string[] => [
  blobId,
  ...files.map((file) => file.blobId),
];

async function* decoded(body: Buffer, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES)
    yield Buffer.from(body.toString("latin1", at, Math.min(end, at + PIECE_BYTES)), "base64");
}

async function* piecesWithout(
  body: Buffer,
  files: readonly FoundFile[],
): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const { start, end } of [...files, { start: body.byteLength, end: body.byteLength }]) {
    for (let at = from; at < start; at += PIECE_BYTES)
      yield body.subarray(at, Math.min(start, at + PIECE_BYTES));
    from = end;
  }
}
