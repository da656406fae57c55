import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AppError, isAppError } from "#lib/errors.ts";
import { guessMime } from "#lib/guess-mime.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { deleteOutput } from "./delete-output.ts";
import { type FoundFile, listFiles, openListedFile } from "./list-files.ts";
import { openOutput } from "./open-output.ts";

const SCAN_MS = 3_000;
const READ_BYTES = 1024 * 1024;
/** A file that is still written at the end of a turn is read so often. */
const ATTEMPTS = 3;

export interface CollectedFolder extends ExecutionTarget {
  /** Of the agent's work tree; its `outputs` folder is collected. */
  repositoryPath: string;
  quotaBytes?: number;
  thresholdBytes?: number | undefined;
}

/** Brings out what an agent writes under `outputs/` in its workspace. */
export interface FileCollector {
  /** From now on files that rest for some seconds are brought out. */
  beginTurn(): void;
  /** Brings out all that have changed; resolves when they are stored. Never rejects: what fails is logged. */
  endTurn(): Promise<void>;
}

/** What lies there already, such as files of the repository, is no output until it changes. */
export async function collectFiles(
  services: OutputServices,
  { repositoryPath, ...output }: CollectedFolder,
): Promise<FileCollector> {
  const folderPath = join(repositoryPath, "outputs");
  const known = new Map<string, string>();
  let resting = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let scanning: Promise<void> = Promise.resolve();
  for (const file of await listFiles(folderPath)) known.set(file.port, versionOf(file));

  const bringOut = async (file: FoundFile, attempts: number): Promise<void> => {
    const opened = await openListedFile(folderPath, file.port);
    if (opened === null) return;
    try {
      const stored = await storeFile(services, { ...output, opened, port: file.port });
      if (stored) return void known.set(file.port, versionOf(file));
    } finally {
      await opened.close();
    }
    if (attempts > 1) await bringOutAgain(file.port, attempts - 1);
  };
  const bringOutAgain = async (port: string, attempts: number) => {
    const file = (await listFiles(folderPath)).find((one) => one.port === port);
    if (file) await bringOut(file, attempts);
  };

  const scan = async ({ isLast }: { isLast: boolean }) => {
    const files = await listFiles(folderPath);
    const rested = resting;
    resting = new Map(files.map((file) => [file.port, versionOf(file)]));
    for (const file of files) {
      const version = versionOf(file);
      if (known.get(file.port) === version) continue;
      if (!isLast && rested.get(file.port) !== version) continue;
      await bringOut(file, isLast ? ATTEMPTS : 1).catch((error: unknown) => {
        // It would be refused again with every look.
        if (isAppError(error) && error.code === "too_large") known.set(file.port, version);
        services.log.warn({ err: error, port: file.port }, "a file was not brought out");
      });
    }
  };
  const scanSafely = (options: { isLast: boolean }) => {
    scanning = scanning
      .then(() => scan(options))
      .catch((error: unknown) => services.log.warn({ err: error }, "outputs not looked for"));
    return scanning;
  };

  return {
    beginTurn() {
      let isIdle = true;
      clearInterval(timer);
      timer = setInterval(() => {
        if (!isIdle) return;
        isIdle = false;
        void scanSafely({ isLast: false }).finally(() => (isIdle = true));
      }, SCAN_MS).unref();
    },
    async endTurn() {
      clearInterval(timer);
      await scanSafely({ isLast: true });
    },
  };
}

const versionOf = ({ bytes, mtimeMs }: Pick<FoundFile, "bytes" | "mtimeMs">) =>
  `${bytes} ${mtimeMs}`;

interface StoredFile extends Omit<CollectedFolder, "repositoryPath"> {
  opened: FileHandle;
  port: string;
}

/** False when the file changed while it was read: then nothing is left of it. */
async function storeFile(
  services: OutputServices,
  { opened, port, ...output }: StoredFile,
): Promise<boolean> {
  const before = await opened.stat();
  const name = port.split("/").at(-1) ?? port;
  const writer = await openOutput(services, {
    ...output,
    port,
    name,
    source: "file",
    mode: "binary",
    format: "blob",
    mime: guessMime(name),
    announcedBytes: before.size,
  });
  try {
    const bytes = opened.createReadStream({ highWaterMark: READ_BYTES, autoClose: false });
    for await (const chunk of bytes) await writer.write(chunk as Uint8Array);
    const after = await opened.stat();
    if (versionOf(statusOf(before)) === versionOf(statusOf(after))) {
      await writer.complete();
      return true;
    }
    await writer.fail(new AppError("conflict", "The file changed while it was read"));
    await deleteOutput(services, { ...output, outputId: writer.outputId });
    return false;
  } catch (error) {
    await writer.fail(error);
    throw error;
  }
}

const statusOf = ({ size, mtimeMs }: { size: number; mtimeMs: number }) => ({
  bytes: size,
  mtimeMs,
});
