import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AppError } from "#lib/errors.ts";
import type { LfsPointer } from "./parse-pointer.ts";

const FORGOTTEN_MS = 24 * 60 * 60_000;

/** Where objects of a mirrored repository are kept: beside the mirror, which may be cloned anew while they are used. */
export const lfsStoreOf = (mirrorPath: string) => join(dirname(mirrorPath), "lfs");

/** Where git-lfs keeps an object below a folder of its own: a mirror's, a workspace's `.git/lfs`. */
export const objectPath = (storePath: string, oid: string) =>
  join(storePath, "objects", oid.slice(0, 2), oid.slice(2, 4), oid);

/** Whether the store has the object whole. */
export async function hasObject(storePath: string, { oid, size }: LfsPointer): Promise<boolean> {
  const entry = await stat(objectPath(storePath, oid)).catch(() => null);
  return entry?.isFile() === true && entry.size === size;
}

/** Opened when it is read: nobody would hear its errors before, or close it. */
export async function* readObject(storePath: string, oid: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(objectPath(storePath, oid)) as AsyncIterable<Uint8Array>;
}

/**
 * Takes an object in, which appears when it is whole and is what its name says; safe to run by many at once. Throws
 * `unavailable` with the reason `lfs_damaged` for any other bytes.
 */
export async function storeObject(
  storePath: string,
  { oid, size }: LfsPointer,
  { source, signal }: { source: AsyncIterable<Uint8Array>; signal: AbortSignal },
): Promise<void> {
  const partialPath = join(storePath, "incoming", randomUUID());
  await mkdir(dirname(partialPath), { recursive: true });
  const hash = createHash("sha256");
  let bytes = 0;
  async function* checked() {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > size) throw damaged(oid);
      hash.update(chunk);
      yield chunk;
    }
    if (bytes !== size || hash.digest("hex") !== oid) throw damaged(oid);
  }
  try {
    await pipeline(checked, createWriteStream(partialPath, { mode: 0o444 }), { signal });
    await mkdir(dirname(objectPath(storePath, oid)), { recursive: true });
    await rename(partialPath, objectPath(storePath, oid));
  } finally {
    await rm(partialPath, { force: true });
  }
}

/** Removes what processes that were killed have left half written. */
export async function removeForgottenObjects(storePath: string): Promise<void> {
  const folder = join(storePath, "incoming");
  for (const name of await readdir(folder).catch(() => [])) {
    const entry = await stat(join(folder, name)).catch(() => null);
    if (entry && Date.now() - entry.mtimeMs > FORGOTTEN_MS)
      await rm(join(folder, name), { force: true });
  }
}

const damaged = (oid: string) =>
  new AppError("unavailable", "What came is not the file that was asked for", {
    details: { reason: "lfs_damaged", oid },
  });
