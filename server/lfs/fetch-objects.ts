import { access as accessFile, constants } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import pMap from "p-map";
import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { findFolderStore } from "./find-folder-store.ts";
import {
  hasObject,
  objectPath,
  readObject,
  removeForgottenObjects,
  storeObject,
} from "./lfs-store.ts";
import type { PointerFile } from "./parse-pointer.ts";
import { type BatchObject, requestBatch } from "./request-batch.ts";
import { type LfsAccess, sendToLfs } from "./send-to-lfs.ts";

/** Few, because a server's permission for an object may end after minutes. */
const BATCH_OBJECTS = 32;
const DOWNLOADS_AT_ONCE = 4;
const ATTEMPTS = 3;
const RETRY_MS = 500;

interface FetchOptions {
  access: LfsAccess;
  endpoint: string;
  /** Each object once. */
  files: readonly PointerFile[];
  /** Gets the objects that it does not have. */
  storePath: string;
  onOutput(text: string): void;
  /** Gets the error of a file that cannot be had, now or later. Left out, it is thrown. */
  onMissing?(error: AppError): void;
}

/**
 * Brings objects of Git LFS into a store, from the repository's server or, for a folder of this machine, from its own
 * store. Nothing is taken that is not what its name says. What the server or the connection fails at names the file; what
 * fails here comes as it is. Nothing goes on behind an error. Safe to run again.
 */
export async function fetchObjects(options: FetchOptions): Promise<void> {
  const { access, storePath, files, onOutput } = options;
  await removeForgottenObjects(storePath);
  const wanted: PointerFile[] = [];
  for (const file of files) {
    access.rules.signal.throwIfAborted();
    if (!(await hasObject(storePath, file))) wanted.push(file);
  }
  const hereCount = files.length - wanted.length;
  if (hereCount > 0) onOutput(`${countOf(hereCount)} fetched before\n`);
  if (wanted.length === 0) return;
  const progress = createProgress(wanted, onOutput);
  progress.tell();
  const isFolder = access.repository.kind === "path";
  await (isFolder ? copyAll(options, wanted, progress) : downloadAll(options, wanted, progress));
}

type Progress = ReturnType<typeof createProgress>;

async function downloadAll(options: FetchOptions, wanted: PointerFile[], progress: Progress) {
  const { access, endpoint } = options;
  for (let start = 0; start < wanted.length; start += BATCH_OBJECTS) {
    const objects = wanted.slice(start, start + BATCH_OBJECTS);
    const batch = await requestBatch(access, { endpoint, operation: "download", objects });
    await untilFirstError(access, objects, async (own, file) => {
      const ownOptions = { ...options, access: own };
      await download(ownOptions, file, batch.get(file.oid)).catch(failNamed(ownOptions, file));
      progress.add(file);
    });
  }
}

/** Several at once. The first error ends the others, and comes through when they have ended. */
async function untilFirstError(
  access: LfsAccess,
  objects: PointerFile[],
  run: (own: LfsAccess, file: PointerFile) => Promise<void>,
): Promise<void> {
  const first = new AbortController();
  const signal = AbortSignal.any([access.rules.signal, first.signal]);
  const own = { ...access, rules: { ...access.rules, signal } };
  await pMap(
    objects,
    async (file) => {
      if (!signal.aborted) await run(own, file).catch((error: unknown) => first.abort(error));
    },
    { concurrency: DOWNLOADS_AT_ONCE },
  );
  signal.throwIfAborted();
}

async function download(
  { access, storePath }: FetchOptions,
  file: PointerFile,
  told: BatchObject | undefined,
): Promise<void> {
  const action = told?.download;
  if (!action) throw missing(told?.errorStatus ?? null);
  const { signal } = access.rules;
  for (let attempt = 1; ; attempt += 1) {
    let response: IncomingMessage | null = null;
    try {
      const { href, headers, way } = action;
      ({ response } = await sendToLfs(access, href, { method: "GET", headers, way }));
      return await storeObject(storePath, file, { source: received(response), signal });
    } catch (error) {
      response?.destroy();
      signal.throwIfAborted();
      const isLater = isAppError(error) && error.code === "rate_limited";
      if (attempt === ATTEMPTS || isLater || !isPassing(error)) throw error;
      await delay(RETRY_MS * attempt, undefined, { signal });
    }
  }
}

/** A connection that breaks off in the middle is told from a disk that does. */
async function* received(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    const details = { reason: "network" };
    throw new AppError("unavailable", "The connection broke off", { details, cause });
  }
}

/** Whether the same may well succeed later: of what a server answers and a connection does, nothing of this machine. */
export const isPassing = (error: unknown): boolean =>
  isAppError(error) &&
  (error.code === "rate_limited" ||
    (error.code === "unavailable" &&
      !/^lfs_(?:answer|damaged)$/.test(String(error.details["reason"]))));

async function copyAll(options: FetchOptions, wanted: PointerFile[], progress: Progress) {
  const { access, storePath } = options;
  const { signal } = access.rules;
  const folderPath = await findFolderStore(access.repository.url);
  for (const file of wanted) {
    const copy = async () => {
      await requireReadable(folderPath, file);
      const source = readObject(folderPath, file.oid);
      await storeObject(storePath, file, { source, signal });
    };
    await copy().catch(failNamed(options, file));
    progress.add(file);
  }
}

async function requireReadable(folderPath: string, { oid }: PointerFile): Promise<void> {
  await accessFile(objectPath(folderPath, oid), constants.R_OK).catch((cause: unknown) => {
    throw new AppError(
      "not_found",
      "it is not in the folder's own store: run git lfs fetch there",
      { details: { reason: "lfs_object" }, cause },
    );
  });
}

const missing = (status: number | null) =>
  new AppError(
    "not_found",
    status === null || status === 404
      ? "the Git LFS server does not have it"
      : `the Git LFS server does not give it (${status})`,
    { details: { reason: "lfs_object", status } },
  );

/** In words that fit behind the name. Only what will not be had later either may stay missing. */
function failNamed({ access, onMissing }: FetchOptions, { path }: PointerFile) {
  return (cause: unknown): void => {
    access.rules.signal.throwIfAborted();
    if (!isAppError(cause)) throw cause;
    const { code, message, details } = cause;
    const error = new AppError(code, `File ${path} in Git LFS: ${message}`, { details, cause });
    if (onMissing === undefined || isPassing(error)) throw error;
    onMissing(error);
  };
}

const countOf = (count: number) => (count === 1 ? "1 file was" : `${count} files were`);

function createProgress(files: readonly PointerFile[], onOutput: (text: string) => void) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let count = 0;
  let bytes = 0;
  const line = () =>
    `Git LFS: ${count} of ${files.length}, ${bytesInWords(bytes)} of ${bytesInWords(total)}`;
  return {
    /** Drawn again and again, until all is there. */
    tell: () => onOutput(`\r${line()}${count === files.length ? "\n" : ""}`),
    add({ size }: PointerFile) {
      count += 1;
      bytes += size;
      this.tell();
    },
  };
}
