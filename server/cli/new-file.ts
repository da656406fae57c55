import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, link, open, rename, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** A file on its way: beside its place under another name, until it is whole. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts it in its place, durably. Throws when another file has come there meanwhile and may not be replaced. */
  keep(): Promise<void>;
  /** Removes what there is of it; nothing once it is kept. */
  drop(): Promise<void>;
}

interface NewFileOptions {
  path: string;
  /** May take the place of another file. */
  isForced: boolean;
}

/** Throws `CommandError` where there is a file already, and where none can be made. */
export async function openNewFile({ path: place, isForced }: NewFileOptions): Promise<NewFile> {
  if (!isForced && (await exists(place))) throw isThere(place);
  const part = `${path.join(path.dirname(place), `.${path.basename(place)}`)}.${randomBytes(4).toString("hex")}.part`;
  const file = await open(part, "wx").catch(cannotWrite(place));
  const state = { isClosed: false };
  const close = async () => {
    if (!state.isClosed) await file.close();
    state.isClosed = true;
  };
  return {
    write: (bytes) => writeAll(file, bytes).catch(cannotWrite(place)),
    async keep() {
      await file.sync();
      await close();
      await (isForced ? rename(part, place) : moveWithoutReplacing(part, place));
    },
    async drop() {
      await close();
      await rm(part, { force: true });
    },
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;)
    at += (await file.write(bytes, at, bytes.byteLength - at)).bytesWritten;
}

/** A rename would replace a file that came meanwhile; not all file systems have links, though. */
async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || (await exists(to))) throw isThere(to);
    return rename(from, to);
  }
  await rm(from, { force: true });
}

const exists = (place: string) =>
  access(place, constants.F_OK).then(
    () => true,
    () => false,
  );

const isThere = (place: string) =>
  new CommandError(exitCodes.usage, `${place} is there already: --force replaces it`);

const cannotWrite = (place: string) => (error: Error) => {
  const message = `${place} cannot be written: ${error.message}`;
  throw new CommandError(exitCodes.failed, message, { cause: error });
};
