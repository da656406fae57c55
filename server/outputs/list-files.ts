import { constants, type Dir, type Dirent } from "node:fs";
import { type FileHandle, lstat, open, opendir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isPortName } from "#lib/stream-ports.ts";

const DEPTH_MAX = 16;
const FILES_MAX = 10_000;

/** A file as it was looked at: whoever sees another size or time sees another file. */
export interface FoundFile {
  /** Relative to the folder, with `/`. */
  port: string;
  bytes: number;
  mtimeMs: number;
}

/**
 * The regular files in a folder that somebody else writes, at most 10,000, 16 levels deep. Links are not followed, the
 * folder's own neither: they would lead to what its owner must not read. Nothing when there is no such folder.
 */
export async function listFiles(folderPath: string): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  await listInto(files, { folderPath, parent: "", depth: 0 });
  return files;
}

interface Place {
  folderPath: string;
  /** Relative, with a `/` at its end unless empty. */
  parent: string;
  depth: number;
}

async function listInto(files: FoundFile[], { folderPath, parent, depth }: Place): Promise<void> {
  const path = join(folderPath, parent);
  const folder = depth < DEPTH_MAX ? await openFolder(path) : null;
  if (folder === null) return;
  for await (const entry of folder) {
    if (files.length === FILES_MAX) return;
    const port = parent + entry.name;
    if (entry.isDirectory())
      await listInto(files, { folderPath, parent: `${port}/`, depth: depth + 1 });
    else if (isTaken(entry, port)) files.push(...(await describe(folderPath, port)));
  }
}

const isTaken = (entry: Dirent, port: string) => entry.isFile() && isPortName(port);

async function openFolder(path: string): Promise<Dir | null> {
  const status = await lstat(path).catch(nullWhenAway);
  return status?.isDirectory() ? opendir(path).catch(nullWhenAway) : null;
}

async function describe(folderPath: string, port: string): Promise<FoundFile[]> {
  const status = await lstat(join(folderPath, port)).catch(nullWhenAway);
  return status?.isFile() ? [{ port, bytes: status.size, mtimeMs: status.mtimeMs }] : [];
}

/**
 * Opens a listed file; null when it is gone, or is something else by now. What was opened is looked at again: a folder on
 * the way may have become a link since.
 */
export async function openListedFile(folderPath: string, port: string): Promise<FileHandle | null> {
  const path = join(folderPath, port);
  // Without waiting for a writer, should it be a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(nullWhenAway);
  if (file === null) return null;
  const isOurs = await isWithin(file, path, folderPath).catch(() => false);
  if (isOurs) return file;
  await file.close();
  return null;
}

async function isWithin(file: FileHandle, path: string, folderPath: string): Promise<boolean> {
  const status = await file.stat();
  if (!status.isFile()) return false;
  // The folder's own parent is ours; the folder is not.
  const parent = await realpath(join(folderPath, ".."));
  const expected = join(parent, path.slice(join(folderPath, "..").length));
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(path));
  return opened === expected;
}

const AWAY = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENXIO"]);

function nullWhenAway(error: unknown): null {
  if (AWAY.has((error as NodeJS.ErrnoException).code ?? "")) return null;
  throw error;
}
