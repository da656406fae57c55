import { randomBytes } from "node:crypto";
import { AppError } from "#lib/errors.ts";

const KEY =
  /^[0-9a-f]{2}\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[0-9]{1,9}\.[0-9a-f]{16}$/;

/**
 * A key for segment `n` of a blob, unique for every write: a repeated write never touches what an earlier one stored.
 * Made of our own ids only, and starting with two hex digits that spread files over 256 folders.
 */
export function createSegmentKey(blobId: string, n: number): string {
  return `${blobId.slice(0, 2)}/${blobId}.${n}.${randomBytes(8).toString("hex")}`;
}

/** The blob that a key was made for; null when it is no key of ours. */
export function blobIdOfKey(key: string): string | null {
  return KEY.exec(key)?.[1] ?? null;
}

/** For drivers: keys of another shape than ours never reach a storage, so none can leave its folder or prefix. */
export function assertSegmentKey(key: string): void {
  if (blobIdOfKey(key) === null)
    throw new AppError("internal", "The key of a stored file is malformed");
}
