import { createReadStream } from "node:fs";
import { AppError, isAppError } from "#lib/errors.ts";
import { findFolderStore } from "./find-folder-store.ts";
import { hasObject, objectPath, readObject, storeObject } from "./lfs-store.ts";
import type { PointerFile } from "./parse-pointer.ts";
import { type BatchObject, requestBatch, verifyUpload } from "./request-batch.ts";
import { type LfsAccess, sendToLfs } from "./send-to-lfs.ts";

const BATCH_OBJECTS = 32;

interface UploadOptions {
  access: LfsAccess;
  endpoint: string;
  /** Each object once. */
  files: readonly PointerFile[];
  /** May lack what is there already. */
  storePath: string;
}

/**
 * Brings objects to where a repository has its files in Git LFS: its server, or the store of a folder of this machine.
 * What is there already is not sent; one that neither has is an error. Errors name the file. Safe to run again.
 */
export async function uploadObjects(options: UploadOptions): Promise<void> {
  const { access, endpoint, files } = options;
  if (access.repository.kind === "path") return copyToFolder(options);
  for (let start = 0; start < files.length; start += BATCH_OBJECTS) {
    const objects = files.slice(start, start + BATCH_OBJECTS);
    const batch = await requestBatch(access, { endpoint, operation: "upload", objects });
    for (const file of objects)
      await upload(options, file, batch.get(file.oid)).catch(failNamed(options, file));
  }
}

async function upload(
  { access, storePath }: UploadOptions,
  file: PointerFile,
  told: BatchObject | undefined,
): Promise<void> {
  if (!told || told.errorStatus !== null) throw refused(told?.errorStatus ?? null);
  if (told.upload) {
    await requireObject(storePath, file);
    const { href, headers, way } = told.upload;
    const { response } = await sendToLfs(access, href, {
      way,
      method: "PUT",
      headers: {
        "content-type": "application/octet-stream",
        ...headers,
        "content-length": String(file.size),
      },
      openBody: () => createReadStream(objectPath(storePath, file.oid)),
    });
    response.destroy();
  }
  if (told.verify) await verifyUpload(access, told.verify, file);
}

async function copyToFolder(options: UploadOptions): Promise<void> {
  const { access, files, storePath } = options;
  const { repository, rules } = access;
  const targetPath = await findFolderStore(repository.url);
  for (const file of files) {
    if (await hasObject(targetPath, file)) continue;
    await requireObject(storePath, file).catch(failNamed(options, file));
    const source = readObject(storePath, file.oid);
    await storeObject(targetPath, file, { source, signal: rules.signal });
  }
}

async function requireObject(storePath: string, file: PointerFile): Promise<void> {
  if (await hasObject(storePath, file)) return;
  throw new AppError(
    "not_found",
    "what it stands for is neither in this session nor where the repository has such files",
    { details: { reason: "files" } },
  );
}

const refused = (status: number | null) =>
  new AppError(
    "forbidden",
    status === null
      ? "the Git LFS server does not say what to do with it"
      : `the Git LFS server does not take it (${status})`,
    { details: { reason: "lfs_refused", status } },
  );

/** In words that fit behind the name. */
function failNamed({ access }: UploadOptions, { path }: PointerFile) {
  return (cause: unknown): never => {
    access.rules.signal.throwIfAborted();
    if (!isAppError(cause)) throw cause;
    const { code, message, details } = cause;
    throw new AppError(code, `File ${path} in Git LFS: ${message}`, { details, cause });
  };
}
