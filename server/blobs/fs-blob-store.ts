import {
  constants,
  mkdir,
  open,
  opendir,
  rename,
  rm,
  stat,
  type FileHandle,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { AppError, isAppError } from "#lib/errors.ts";
import type {
  BlobStore,
  ByteRange,
  PutOptions,
  StoredSegment,
  UnfinishedWrite,
} from "./blob-store.ts";
import { checkLength } from "./check-length.ts";
import { gatherParts, type Part } from "./gather-parts.ts";
import { assertSegmentKey, blobIdOfKey } from "./segment-key.ts";

/** Writes below this size cost more in system calls than in copying. */
const WRITE_BYTES = 1024 * 1024;
const FLUSH_BYTES = 32 * WRITE_BYTES;
const READ_BYTES = 256 * 1024;
/** Begins with a dot, which no key does. */
const UNFINISHED = ".unfinished";

/**
 * Keeps segments as files below `rootPath`: written to a temporary file, flushed to disk, renamed, and the folder
 * flushed, so that a file under its key is whole even after a power cut.
 */
export function createFsBlobStore({ rootPath }: { rootPath: string }): BlobStore {
  const unfinishedPath = join(rootPath, UNFINISHED);
  const madeFolders = new Set<string>();

  /** Makes a folder once per process; its entry in `rootPath` is on disk before anything is put in it. */
  const ensureFolder = async (path: string) => {
    if (madeFolders.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o700 });
    await syncFolder(rootPath);
    madeFolders.add(path);
  };

  const put = async (key: string, source: AsyncIterable<Uint8Array>, options: PutOptions = {}) => {
    const path = pathOfKey(rootPath, key);
    const temporaryPath = join(unfinishedPath, key.replace("/", "."));
    try {
      await translateErrors(async () => {
        await ensureFolder(unfinishedPath);
        await ensureFolder(dirname(path));
      });
      const bytes = await writeFile(temporaryPath, source, options);
      await translateErrors(async () => {
        await rename(temporaryPath, path);
        await syncFolder(dirname(path));
      });
      return { bytes };
    } catch (error) {
      // Whoever removed the folders from outside gets them back with the next write.
      madeFolders.clear();
      await rm(temporaryPath, { force: true });
      throw error;
    }
  };

  return {
    put,
    open: async (key, range) => openFile(pathOfKey(rootPath, key), range),
    async delete(keys) {
      for (const key of keys) {
        const path = pathOfKey(rootPath, key);
        await translateErrors(() => rm(path, { force: true }));
      }
    },
    list: () => listSegments(rootPath),
    listUnfinished: () => listUnfinished(unfinishedPath),
    removeUnfinished: ({ handle }) =>
      translateErrors(() => rm(join(unfinishedPath, handle), { force: true })),
  };
}

function pathOfKey(rootPath: string, key: string): string {
  assertSegmentKey(key);
  return join(rootPath, key);
}

async function writeFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<number> {
  const file = await translateErrors(() => open(path, "wx", 0o600));
  try {
    const parts = gatherParts(checkLength(source, options), { partBytes: WRITE_BYTES });
    const bytes = await writeParts(file, parts);
    options.onTaken?.();
    await translateErrors(() => file.sync());
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * One part is on its way to the file while the next is gathered, and what was written is flushed behind it: the disk
 * works while bytes arrive, and little is left to flush at the end.
 */
async function writeParts(file: FileHandle, parts: AsyncIterable<Part>): Promise<number> {
  const writing = createBackground();
  const flushing = createBackground();
  let bytes = 0;
  let unflushedBytes = 0;
  for await (const part of parts) {
    await writing.start(() => writeChunks(file, part));
    bytes += part.bytes;
    unflushedBytes += part.bytes;
    if (unflushedBytes < FLUSH_BYTES) continue;
    unflushedBytes = 0;
    await flushing.start(() => file.datasync());
  }
  await writing.finish();
  await flushing.finish();
  return bytes;
}

/** Work that goes on while its caller does something else, one at a time; what failed is told by the next call. */
function createBackground() {
  let running: Promise<void> = Promise.resolve();
  return {
    async start(work: () => Promise<void>) {
      await running;
      running = translateErrors(work);
      running.catch(() => {});
    },
    finish: () => running,
  };
}

/** A disk may take less than it was given: the rest is written again until it fails or all is there. */
async function writeChunks(file: FileHandle, { chunks }: Part): Promise<void> {
  let rest = chunks.filter((chunk) => chunk.byteLength > 0);
  // Whoever waits for the next part still refers to this one.
  chunks.length = 0;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    rest = dropBytes(rest, bytesWritten);
  }
}

function dropBytes(chunks: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  return chunks.flatMap((chunk) => {
    const dropped = Math.min(left, chunk.byteLength);
    left -= dropped;
    return dropped === chunk.byteLength ? [] : [chunk.subarray(dropped)];
  });
}

async function openFile(path: string, { offset = 0, length }: ByteRange = {}): Promise<Readable> {
  const file = await translateErrors(async () => {
    const opened = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(
      nullWhenAbsent,
    );
    if (opened === null) throw new AppError("not_found", "The stored file is missing");
    return opened;
  });
  if (length === 0) {
    await file.close();
    return Readable.from([]);
  }
  const end = length === undefined ? undefined : offset + length - 1;
  return file.createReadStream({ start: offset, end, highWaterMark: READ_BYTES });
}

async function* listSegments(rootPath: string): AsyncGenerator<StoredSegment> {
  for await (const folder of entriesOf(rootPath)) {
    if (folder === UNFINISHED) continue;
    for await (const name of entriesOf(join(rootPath, folder))) {
      const key = `${folder}/${name}`;
      const status = blobIdOfKey(key) === null ? null : await statOrNull(join(rootPath, key));
      if (status !== null) yield { key, bytes: status.size, storedAt: status.mtime };
    }
  }
}

async function* listUnfinished(folderPath: string): AsyncGenerator<UnfinishedWrite> {
  for await (const name of entriesOf(folderPath)) {
    const status = await statOrNull(join(folderPath, name));
    if (status === null) continue;
    yield { key: name.replace(".", "/"), handle: name, startedAt: status.mtime };
  }
}

/** Names in a folder; none when it does not exist or is a file. */
async function* entriesOf(path: string): AsyncGenerator<string> {
  const folder = await opendir(path).catch(nullWhenAbsent);
  if (folder === null) return;
  for await (const entry of folder) yield entry.name;
}

const statOrNull = (path: string) => stat(path).catch(nullWhenAbsent);

function nullWhenAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const messages: Record<string, string> = {
  ENOSPC: "The disk that keeps files is full",
  EDQUOT: "The disk that keeps files is full",
};

async function translateErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw new AppError("unavailable", messages[code] ?? "The file storage did not answer", {
      cause,
    });
  }
}
