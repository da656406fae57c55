import { createReadStream } from "node:fs";
import { access as accessFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import pMap from "p-map";
import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { folderStores } from "./folder-stores.ts";
import { hasObject, objectPath, removeForgottenObjects, storeObject } from "./lfs-store.ts";
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
  /** Gets the error of a file that cannot be had. Left out, it is thrown. */
  onMissing?(error: AppError): void;
}

/**
 * Brings objects of Git LFS into a store, from the repository's server or, for a folder of this machine, from its own
 * store. Nothing is taken that is not what its name says. Errors name the file. Safe to run again.
 */
export async function fetchObjects(options: FetchOptions): Promise<void> {
  const { storePath, files, onOutput } = options;
  await removeForgottenObjects(storePath);
  const wanted: PointerFile[] = [];
  for (const file of files) {
    if (!(await hasObject(storePath, file))) wanted.push(file);
  }
  const hereCount = files.length - wanted.length;
  if (hereCount > 0) onOutput(`${countOf(hereCount)} fetched before\n`);
  if (wanted.length === 0) return;
  const progress = createProgress(wanted, onOutput);
  progress.tell();
  const isFolder = options.access.repository.kind === "path";
  await (isFolder ? copyAll(options, wanted, progress) : downloadAll(options, wanted, progress));
}

type Progress = ReturnType<typeof createProgress>;

async function downloadAll(options: FetchOptions, wanted: PointerFile[], progress: Progress) {
  const { access, endpoint } = options;
  for (let start = 0; start < wanted.length; start += BATCH_OBJECTS) {
    const objects = wanted.slice(start, start + BATCH_OBJECTS);
    const batch = await requestBatch(access, { endpoint, operation: "download", objects });
    await pMap(
      objects,
      (file) =>
        download(options, file, batch.get(file.oid))
          .catch(failNamed(options, file))
          .then(() => progress.add(file)),
      { concurrency: DOWNLOADS_AT_ONCE, signal: access.rules.signal },
    );
  }
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
    try {
      const { href, headers } = action;
      const source = await sendToLfs(access, href, { method: "GET", headers });
      return await storeObject(storePath, file, { source, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === ATTEMPTS || !isPassing(error)) throw error;
      await delay(RETRY_MS * attempt, undefined, { signal });
    }
  }
}

/** A connection that breaks off in the middle is no error of ours. */
const isPassing = (error: unknown) =>
  isAppError(error)
    ? error.code === "unavailable" &&
      !/^lfs_(?:answer|damaged)$/.test(String(error.details["reason"]))
    : (error as NodeJS.ErrnoException).code === "ECONNRESET";

async function copyAll(options: FetchOptions, wanted: PointerFile[], progress: Progress) {
  const { access, storePath } = options;
  const { signal } = access.rules;
  for (const file of wanted) {
    const copy = async () => {
      const source = createReadStream(await findInFolder(access.repository.url, file));
      await storeObject(storePath, file, { source, signal });
    };
    await copy().catch(failNamed(options, file));
    progress.add(file);
  }
}

async function findInFolder(path: string, { oid }: PointerFile): Promise<string> {
  for (const store of folderStores(path)) {
    const found = objectPath(store, oid);
    const isThere = await accessFile(found).then(
      () => true,
      () => false,
    );
    if (isThere) return found;
  }
  throw new AppError("not_found", "it is not in the folder's own store: run git lfs fetch there", {
    details: { reason: "lfs_object" },
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

/** In words that fit behind the name. */
function failNamed({ access, onMissing }: FetchOptions, { path }: PointerFile) {
  return (cause: unknown): void => {
    access.rules.signal.throwIfAborted();
    const broken = {
      code: "unavailable" as const,
      message: "The connection broke off",
      details: {},
    };
    const { code, message, details } = isAppError(cause) ? cause : broken;
    const error = new AppError(code, `File ${path} in Git LFS: ${message}`, { details, cause });
    if (onMissing === undefined) throw error;
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
