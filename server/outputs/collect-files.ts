import { type FileHandle, realpath } from "node:fs/promises";
import { AppError, isAppError } from "#lib/errors.ts";
import { guessMime } from "#lib/guess-mime.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { deleteOutput } from "./delete-output.ts";
import { describeOpened, type FoundFile, listFiles, openListedFile } from "./list-files.ts";
import { openOutput } from "./open-output.ts";

const SCAN_MS = 3_000;
const READ_BYTES = 1024 * 1024;
/** A file that is still written at the end of a turn is read so often. */
const ATTEMPTS = 3;

export interface CollectedFolder extends ExecutionTarget {
  /** Of the workspace, which the agent cannot move; in it `repository/outputs` is collected, which it can. */
  basePath: string;
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
  { basePath, ...output }: CollectedFolder,
): Promise<FileCollector> {
  const folder = { basePath: await realpath(basePath), within: "repository/outputs" };
  const known = new Map<string, string>();
  let resting = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let scanning: Promise<void> = Promise.resolve();
  const { files: present } = await listFiles(folder);
  for (const file of present) known.set(file.port, file.version);

  const bringOut = async (file: FoundFile, attempts: number): Promise<void> => {
    const opened = await openListedFile(folder, file);
    if (opened === null) return;
    try {
      const stored = await storeFile(services, { ...output, opened, port: file.port });
      if (stored) return void known.set(file.port, file.version);
    } finally {
      await opened.close();
    }
    if (attempts > 1) await bringOutAgain(file.port, attempts - 1);
  };
  const bringOutAgain = async (port: string, attempts: number) => {
    const { files } = await listFiles(folder);
    const file = files.find((one) => one.port === port);
    if (file) await bringOut(file, attempts);
  };

  const scan = async ({ isLast }: { isLast: boolean }) => {
    const { files } = await listFiles(folder);
    const rested = resting;
    resting = new Map(files.map((file) => [file.port, file.version]));
    for (const file of files) {
      const { version } = file;
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

interface StoredFile extends Omit<CollectedFolder, "basePath"> {
  opened: FileHandle;
  port: string;
}

/** False when the file changed while it was read: then nothing is left of it. */
async function storeFile(
  services: OutputServices,
  { opened, port, ...output }: StoredFile,
): Promise<boolean> {
  const before = await describeOpened(opened, port);
  const name = port.split("/").at(-1) ?? port;
  const writer = await openOutput(services, {
    ...output,
    port,
    name,
    source: "file",
    mode: "binary",
    format: "blob",
    mime: guessMime(name),
    announcedBytes: before.bytes,
  });
  try {
    const bytes = opened.createReadStream({ highWaterMark: READ_BYTES, autoClose: false });
    for await (const chunk of bytes) await writer.write(chunk as Uint8Array);
    const after = await describeOpened(opened, port);
    if (before.version === after.version) {
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
