import type { FileHandle } from "node:fs/promises";
import { AppError } from "#lib/errors.ts";
import { guessMime } from "#lib/guess-mime.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { deleteOutput } from "./delete-output.ts";
import { describeOpened } from "./list-files.ts";
import { openOutput, type OpenOutput } from "./open-output.ts";

const READ_BYTES = 1024 * 1024;

export interface FileOutput extends ExecutionTarget {
  quotaBytes?: number;
  thresholdBytes?: number | undefined;
}

interface StoredFile extends FileOutput {
  opened: FileHandle;
  port: string;
  /** What is read of a file that changes meanwhile stays, marked incomplete; otherwise nothing does. */
  keepsPart: boolean;
  signal: AbortSignal;
}

/** What the row of a file says of it. */
export function describeFile(
  target: FileOutput,
  { port, version }: { port: string; version: string },
): OpenOutput & FileOutput {
  const name = port.split("/").at(-1) ?? port;
  return {
    ...target,
    port,
    name,
    source: "file",
    mode: "binary",
    format: "blob",
    mime: guessMime(name),
    isMimeGuessed: true,
    fileVersion: version,
  };
}

/** As many bytes as there are when it begins. False when the file changed while it was read. */
export async function storeFile(
  services: OutputServices,
  { opened, port, keepsPart, signal, ...target }: StoredFile,
): Promise<boolean> {
  const before = await describeOpened(opened, port);
  const { bytes: announcedBytes } = before;
  const writer = await openOutput(services, { ...describeFile(target, before), announcedBytes });
  try {
    for await (const chunk of readPart(opened, { start: 0, end: announcedBytes })) {
      signal.throwIfAborted();
      await writer.write(chunk);
    }
    const after = await describeOpened(opened, port);
    if (before.version === after.version) {
      await writer.complete();
      return true;
    }
  } catch (error) {
    await writer.fail(error);
    throw error;
  }
  await writer.fail(new AppError("conflict", "The file was still being written"));
  if (!keepsPart) await deleteOutput(services, { ...target, outputId: writer.outputId });
  return false;
}

/** The bytes of a file from `start` on and before `end`; the file stays open. */
export async function* readPart(
  file: FileHandle,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  if (end <= start) return;
  const options = { start, end: end - 1, highWaterMark: READ_BYTES, autoClose: false };
  for await (const chunk of file.createReadStream(options)) yield chunk as Uint8Array;
}
