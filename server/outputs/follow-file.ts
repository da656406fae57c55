import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { AppError } from "#lib/errors.ts";
import type { OutputServices } from "./begin-output.ts";
import { deleteOutput } from "./delete-output.ts";
import {
  describeOpened,
  type FoundFile,
  openListedFile,
  type WrittenFolder,
} from "./list-files.ts";
import { openOutput } from "./open-output.ts";
import { describeFile, type FileOutput, readPart } from "./store-file.ts";

/** A file that is brought out while it grows. One call at a time. */
export interface FollowedFile {
  /**
   * Takes what was added. False when that is not all that happened to it: what was taken is removed. So it is when it
   * cannot be stored; when the turn ends before, it stays, incomplete.
   */
  readOn(file: FoundFile): Promise<boolean>;
  /**
   * Takes the rest of a file that rests, and ends its output when that holds what the file does: the version that it
   * holds. Null when it does not: what was taken is removed. When it cannot be stored, what was taken stays, incomplete.
   */
  finish(file: FoundFile): Promise<string | null>;
  /** Takes no more: what was taken stays, incomplete. */
  cut(reason: unknown): Promise<void>;
}

interface Following {
  folder: WrittenFolder;
  target: FileOutput;
  file: FoundFile;
  signal: AbortSignal;
}

/** Whether the file is the one that it was, with more in it. */
export const hasGrown = (before: FoundFile | undefined, { identity, bytes }: FoundFile): boolean =>
  before !== undefined && before.identity === identity && before.bytes < bytes;

async function closing<Result>(file: FileHandle, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

/** Begins the output of a file that grows, of which what is there by now must have room. Throws what `openOutput` throws. */
export async function followFile(
  services: OutputServices,
  { folder, target, file: begun, signal }: Following,
): Promise<FollowedFile> {
  const { port, identity, bytes: announcedBytes } = begun;
  const writer = await openOutput(services, { ...describeFile(target, begun), announcedBytes });
  const { outputId } = writer;
  const taken = createHash("sha256");
  let takenBytes = 0;

  const open = async (file: FoundFile): Promise<FileHandle | null> =>
    file.identity === identity && file.bytes >= takenBytes ? openListedFile(folder, file) : null;
  const take = async (opened: FileHandle, end: number) => {
    for await (const chunk of readPart(opened, { start: takenBytes, end })) {
      signal.throwIfAborted();
      taken.update(chunk);
      takenBytes += chunk.byteLength;
      await writer.write(chunk);
    }
  };
  const drop = async () => {
    await writer.fail(new AppError("conflict", "The file was written anew"));
    await deleteOutput(services, { ...target, outputId });
  };
  /** It comes from its beginning later: its first part would take room twice. */
  const orDrop = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) await writer.fail(error);
      else
        await drop().catch((cause: unknown) =>
          services.log.warn({ err: cause, outputId }, "what was taken of a file is not removed"),
        );
      throw error;
    }
  };
  /** Leaves a row that says so, and of which version. */
  const orCut = async <Result>(file: FoundFile, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      await noteVersion(file.version).catch((cause: unknown) =>
        services.log.warn({ err: cause, outputId }, "the version of a file is not noted"),
      );
      await writer.fail(error);
      throw error;
    }
  };
  const noteVersion = (version: string) =>
    services.database.sql`
    update outputs set file_version = ${version} where id = ${outputId}`.execute();

  /** Null when it changes meanwhile, or had changed before where it was read already. */
  const readVersion = async (opened: FileHandle): Promise<string | null> => {
    const before = await describeOpened(opened, port);
    await take(opened, before.bytes);
    const whole = createHash("sha256");
    for await (const chunk of readPart(opened, { start: 0, end: takenBytes })) {
      signal.throwIfAborted();
      whole.update(chunk);
    }
    const after = await describeOpened(opened, port);
    const isSame = whole.digest("hex") === taken.copy().digest("hex");
    return isSame && before.version === after.version ? after.version : null;
  };

  return {
    readOn: (file) =>
      orDrop(async () => {
        const opened = await open(file);
        if (opened === null) await drop();
        else await closing(opened, () => take(opened, file.bytes));
        return opened !== null;
      }),
    finish: (file) =>
      orCut(file, async () => {
        const opened = await open(file);
        const last = opened && (await closing(opened, () => readVersion(opened)));
        if (last === null) {
          await drop();
          return null;
        }
        await noteVersion(last);
        await writer.complete();
        return last;
      }),
    cut: (reason) => writer.fail(reason),
  };
}
