import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { orAborted } from "#lib/or-aborted.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { peekStart } from "./peek-start.ts";
import { encodingOf, readHead } from "./read-head.ts";
import { refuseTranscript } from "./refuse-transcript.ts";

/** Lines that can be read from any place, as often as it takes. */
export interface LineFile {
  path: string;
  /** Removes what was made to read them from. */
  close(): Promise<void>;
}

/**
 * The file itself; of one that is packed with gzip, and of standard input (`-`), a copy among the temporary files.
 * Throws `CommandError` for what cannot be read; when the signal is aborted its reason, and no copy is left.
 */
export async function openLineFile(
  source: string,
  { stdin, signal }: { stdin: Readable; signal: AbortSignal },
): Promise<LineFile> {
  if (source === "-") {
    const { start, whole } = await orAborted(peekStart(stdin), signal);
    const name = "Standard input";
    const file = await copy(whole, { isPacked: encodingOf(start) === "gzip", name, signal });
    return refuseOneSession(file, name);
  }
  const path = resolve(source);
  try {
    if (!(await stat(path)).isFile())
      throw new CommandError(exitCodes.usage, `${source} is not a file`);
    const { encoding, head } = await readHead(path);
    refuseTranscript(head, source, "Bring one session with `millrace push`");
    if (encoding === "identity") return { path, close: async () => {} };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(exitCodes.usage, `${source} cannot be read (${code})`, { cause: error });
  }
  return copy(createReadStream(path), { isPacked: true, name: source, signal });
}

/** What came is known once it is there: whoever writes it may take their time. */
async function refuseOneSession(file: LineFile, name: string): Promise<LineFile> {
  try {
    const { head } = await readHead(file.path);
    refuseTranscript(head, name, "Bring one session with `millrace push -`");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function copy(
  bytes: AsyncIterable<Uint8Array>,
  { isPacked, name, signal }: { isPacked: boolean; name: string; signal: AbortSignal },
): Promise<LineFile> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-copy-"));
  const close = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "lines");
  const target = createWriteStream(path, { mode: 0o600 });
  const copying = isPacked
    ? pipeline(bytes, createGunzip(), target, { signal })
    : pipeline(bytes, target, { signal });
  try {
    // Who waits for bytes that do not come ends with them only.
    await orAborted(copying, signal);
    return { path, close };
  } catch (cause) {
    await close();
    signal.throwIfAborted();
    const { message } = cause as Error;
    throw new CommandError(exitCodes.usage, `${name} cannot be read (${message})`, { cause });
  }
}
