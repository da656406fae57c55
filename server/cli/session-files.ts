import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { BATCH_LINES_MAX, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { isOneSession } from "./is-one-session.ts";
import type { FileLine, LineList } from "./list-lines.ts";
import { readHead } from "./read-head.ts";

/** Files of a folder that may hold a session. */
const SESSION_FILE = /\.(json|jsonl|ndjson)(\.gz)?$/i;

/**
 * Paths of the files that are meant, each one session, in the order in which people read their names; of a folder those
 * in it, at any depth, that are not hidden. Null where a single file of lines, or standard input, is meant. Throws
 * `CommandError`.
 */
export async function findSessionFiles(sources: readonly string[]): Promise<string[] | null> {
  const [only = "-", ...more] = sources;
  if (more.length === 0 && !(await isOfSessions(only))) return null;
  if (sources.includes("-"))
    throw new CommandError(exitCodes.usage, "Standard input stands alone: name it without files");
  const found = new Set<string>();
  for (const source of sources) for (const path of await filesAt(source)) found.add(path);
  if (found.size === 0)
    throw new CommandError(exitCodes.usage, `No file of sessions is in ${sources.join(", ")}`);
  if (found.size > BATCH_LINES_MAX)
    throw new CommandError(exitCodes.usage, `A batch takes at most ${BATCH_LINES_MAX} files`);
  const { compare } = new Intl.Collator("en", { numeric: true });
  return [...found].toSorted((a, b) => compare(a, b) || (a < b ? -1 : 1));
}

/** What cannot be read is said by whoever reads it. */
async function isOfSessions(source: string): Promise<boolean> {
  if (source === "-") return false;
  try {
    if ((await stat(source)).isDirectory()) return true;
    return isOneSession((await readHead(source)).head);
  } catch {
    return false;
  }
}

async function filesAt(source: string): Promise<string[]> {
  const path = resolve(source);
  // What is not there is named with the others that cannot be read.
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const entries = await readdir(path, { withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new CommandError(exitCodes.usage, `${path} cannot be read (${cause.code})`, { cause });
    },
  );
  const files: string[] = [];
  for (const entry of entries) {
    const within = join(path, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) files.push(...(await filesAt(within)));
    else if (entry.isFile() && SESSION_FILE.test(entry.name)) files.push(within);
  }
  return files;
}

export interface SessionFileList extends LineList {
  /** Files that cannot be brought, with their names and why. */
  problems: string[];
}

/** Files as lines of a batch, each at the index of its place among those that can be read. Reads all of them once. */
export async function listSessionFiles(paths: readonly string[]): Promise<SessionFileList> {
  const lines: FileLine[] = [];
  const problems: string[] = [];
  const hash = createHash("sha256");
  for (const path of paths) {
    const seen = await lookAt(path);
    if ("problem" in seen) {
      problems.push(`${path}: ${seen.problem}`);
      continue;
    }
    const { bytes: end, encoding, sha256 } = seen;
    const index = lines.length;
    const place = { start: 0, end, number: index + 1, index, isIndexStated: true };
    lines.push({ ...place, longSha256: sha256, whole: { path, encoding } });
    hash.update(JSON.stringify([path, sha256]));
  }
  return { lines, sha256: hash.digest("hex"), expectedCount: lines.length, problems };
}

async function lookAt(path: string) {
  try {
    const { size: bytes } = await stat(path);
    if (bytes === 0) return { problem: "it is empty" };
    if (bytes > UPLOAD_MAX_BYTES) return { problem: `it is larger than ${UPLOAD_MAX_BYTES} bytes` };
    const { encoding } = await readHead(path);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return { bytes, encoding, sha256: hash.digest("hex") };
  } catch (error) {
    return { problem: `it cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}
