import { createHash } from "node:crypto";
import { writeBlob, type WrittenBlob } from "#server/blobs/write-blob.ts";
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
  /** The blob is that of an output, which was there before. */
  isShared: boolean;
}

/** The body of a large item, durable: without its files, which are beside it. */
export interface StoredBody {
  blobId: string;
  files: StoredFile[];
}

interface BodyToStore {
  item: PreparedItem;
  signal: AbortSignal | undefined;
  /** False: all of it is stored anew. */
  mayShare: boolean;
}

/**
 * Stores a body that is not in its row, and of its files those that are no output of the session yet: what an agent shows
 * was brought out before its item is written. What a failure leaves behind is the sweeper's.
 */
export async function storeBody(
  services: ItemServices,
  { sessionId, generation }: BatchTarget,
  { item, signal, mayShare }: BodyToStore,
): Promise<StoredBody> {
  const body = item.large!;
  const target = { sessionId, generation, signal };
  const files: StoredFile[] = [];
  let takenBytes = 0;
  for (const { pointer, mime, name, headBytes, start, end } of item.files) {
    const shared = mayShare
      ? await findOutputBlob(services, target, hashOf(body, start, end))
      : null;
    const source = piecesOf(body, start, end);
    const blob = { ...target, purpose: "output" as const, mime, source };
    const stored = shared ?? (await writeBlob(services, name === null ? blob : { ...blob, name }));
    const isShared = shared !== null;
    files.push({ pointer, mime, name, headBytes, at: start - takenBytes, isShared, ...stored });
    takenBytes += end - start;
  }
  const source = piecesWithout(body, item.files);
  const mime = "application/json";
  const { blobId } = await writeBlob(services, { ...target, purpose: "item", mime, source });
  return { blobId, files };
}

/** Each once: files of the same bytes may share one. */
export const blobsOfBody = ({ blobId, files }: StoredBody): string[] => [
  ...new Set([blobId, ...files.map((file) => file.blobId)]),
];

/** Those that go with the body when it is not needed. */
export const ownBlobsOfBody = ({ blobId, files }: StoredBody): string[] => [
  blobId,
  ...files.filter(({ isShared }) => !isShared).map((file) => file.blobId),
];

/** The whole file is in memory as base64, so that its hash costs no reading. */
function hashOf(body: Buffer, start: number, end: number): string {
  const hash = createHash("sha256");
  for (const bytes of decoded(body, start, end)) hash.update(bytes);
  return hash.digest("hex");
}

async function findOutputBlob(
  { database: { sql } }: ItemServices,
  { sessionId, generation }: Pick<BatchTarget, "sessionId" | "generation">,
  sha256: string,
): Promise<WrittenBlob | null> {
  const [row] = await sql<WrittenBlob[]>`
    select b.id as "blobId", b.bytes::float8 as bytes, b.sha256
    from outputs o join blobs b on b.id = o.blob_id
    where o.session_id = ${sessionId} and o.generation = ${generation}
      and o.sha256 = ${sha256} and b.state = 'complete' and b.sha256 = ${sha256}
    limit 1`;
  return row ?? null;
}

function* decoded(body: Buffer, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES)
    yield Buffer.from(body.toString("latin1", at, Math.min(end, at + PIECE_BYTES)), "base64");
}

async function* piecesOf(body: Buffer, start: number, end: number): AsyncGenerator<Uint8Array> {
  yield* decoded(body, start, end);
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
