import { constants, type BigIntStats } from "node:fs";
import { type FileHandle, lstat, open, opendir, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isPortName } from "#lib/stream-ports.ts";

const DEPTH_MAX = 16;
const FILES_MAX = 10_000;
/** Of all kinds, folders and links too, so that a look ends. */
const ENTRIES_MAX = 50_000;

/** In place of bytes that are no UTF-8: such a file cannot be found by its name again. */
const UNREADABLE = "\uFFFD";

/** A folder that somebody else writes. */
export interface WrittenFolder {
  /** Of ours, without links: nobody else can put another folder in its place. */
  basePath: string;
  /** From there on any part may be replaced by its writer, at any time. */
  within: string;
}

/** A file as it was looked at: whoever sees another one at its place sees another file. */
export interface FoundFile {
  /** Relative to the folder, with `/`. */
  port: string;
  bytes: number;
  /** When it was last changed in any way, which its writer cannot date back. */
  changedMs: number;
  /** Size, time of writing and inode. */
  version: string;
  /** Device and inode. */
  identity: string;
}

export interface FoundFiles {
  files: FoundFile[];
  /** Files whose name no output can have, relative to the folder. */
  unnameable: string[];
  /** There are more, or deeper ones, than are looked at. */
  isCut: boolean;
}

/**
 * The regular files in a folder, at most 10,000, 16 levels deep. Links are not followed, on the way to the folder
 * neither: they would lead to what its writer must not read. Nothing when there is no such folder. Ends early, with
 * `isCut`, when the signal is aborted.
 */
export async function listFiles(
  { basePath, within }: WrittenFolder,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<FoundFiles> {
  const found: FoundFiles = { files: [], unnameable: [], isCut: false };
  let entryCount = 0;

  const look = async (folderPath: string, parent: string, depth: number): Promise<void> => {
    const folder = (await isOwnFolder(folderPath))
      ? await opendir(folderPath).catch(nullWhenAway)
      : null;
    if (folder === null) return;
    for await (const entry of folder) {
      entryCount += 1;
      const count = found.files.length + found.unnameable.length;
      if (count === FILES_MAX || entryCount > ENTRIES_MAX || signal?.aborted) found.isCut = true;
      if (found.isCut) return;
      const port = parent + entry.name;
      const path = join(folderPath, entry.name);
      if (entry.isDirectory()) {
        if (depth < DEPTH_MAX) await look(path, `${port}/`, depth + 1);
        else found.isCut = true;
      } else if (entry.isFile()) {
        if (isPortName(port) && !port.includes(UNREADABLE))
          found.files.push(...(await describe(path, port)));
        else found.unnameable.push(port);
      }
    }
  };

  let path = basePath;
  for (const name of within.split("/")) {
    path = join(path, name);
    if (!(await isOwnFolder(path))) return found;
  }
  await look(path, "", 1);
  return found;
}

async function isOwnFolder(path: string): Promise<boolean> {
  const status = await lstat(path).catch(nullWhenAway);
  return status?.isDirectory() ?? false;
}

async function describe(path: string, port: string): Promise<FoundFile[]> {
  const status = await lstat(path, { bigint: true }).catch(nullWhenAway);
  return status?.isFile() ? [describeStatus(port, status)] : [];
}

function describeStatus(port: string, status: BigIntStats): FoundFile {
  const { size, mtimeNs, ino, dev } = status;
  return {
    port,
    bytes: Number(size),
    changedMs: Number(status.ctimeMs),
    version: `${size} ${mtimeNs} ${ino}`,
    identity: `${dev} ${ino}`,
  };
}

/** What an opened file is now. */
export const describeOpened = async (file: FileHandle, port: string): Promise<FoundFile> =>
  describeStatus(port, await file.stat({ bigint: true }));

/**
 * Opens a listed file; null when it is gone, or another is in its place by now. What was opened is looked at again: a
 * folder on the way may have become a link since.
 */
export async function openListedFile(
  { basePath, within }: WrittenFolder,
  { port, identity }: Pick<FoundFile, "port" | "identity">,
): Promise<FileHandle | null> {
  const path = join(basePath, within, port);
  // Without waiting for a writer, should it be a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(nullWhenAway);
  if (file === null) return null;
  const isListed = await isAt(file, path, identity).catch(() => false);
  if (isListed) return file;
  await file.close();
  return null;
}

/** Whether it lies at just this path, with no link on the way. */
async function isAt(file: FileHandle, path: string, identity: string): Promise<boolean> {
  const status = await file.stat({ bigint: true });
  if (!status.isFile() || describeStatus("", status).identity !== identity) return false;
  const place = await readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(path));
  if (place !== path) return false;
  // Where the system does not tell what an open file is called, another may be there by now.
  const present = await stat(place, { bigint: true });
  return describeStatus("", present).identity === identity;
}

const AWAY = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENXIO"]);

function nullWhenAway(error: unknown): null {
  if (AWAY.has((error as NodeJS.ErrnoException).code ?? "")) return null;
  throw error;
}
