import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import type { ExportFormat } from "#lib/export.ts";
import {
  readTrailer,
  TRAILER_MAX_BYTES,
  type ExportTrailer,
} from "#server/exports/read-trailer.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { openNewFile, type NewFile } from "./new-file.ts";
import type { ExportCommand } from "./read-export-arguments.ts";
import { reasonOf } from "./retry-request.ts";
import { createServerClient, type ServerAddress } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";

export interface ExportContext {
  address: ServerAddress;
  terminal: Terminal;
  stdout: Writable;
  /** Ends the command; nothing is left of its file. */
  signal: AbortSignal;
}

/**
 * Brings a session as a file, as it comes. The file is in its place when all of it has come and its end says so, and
 * not before; what goes to standard output is checked behind its last byte.
 */
export async function runExport(command: ExportCommand, context: ExportContext): Promise<ExitCode> {
  const { terminal, signal, address } = context;
  const { output } = command;
  let file: NewFile | null = null;
  try {
    // What is wrong with a place is said before anything is asked.
    const named = output === null || output === "-" ? null : await placeIn(output, null);
    if (named !== null) file = await openNewFile({ path: named, ...command });
    const response = await createServerClient(address, {
      onRetry: (reason, delayMs) =>
        terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1_000)} s`),
    }).open({ path: pathOf(command), signal });
    const place = output === "-" ? null : (named ?? (await placeIn(output, nameOf(response))));
    if (place !== null) file ??= await openNewFile({ path: place, ...command });
    const trailer = await copy(response, { file, ...command, ...context });
    await file?.keep();
    if (place !== null) terminal.print(place);
    terminal.note(describe(trailer));
    return trailer.missing > 0 ? exitCodes.partial : exitCodes.complete;
  } catch (error) {
    await file?.drop();
    throw signal.aborted ? new CommandError(exitCodes.interrupted, "Interrupted") : error;
  }
}

function pathOf({ sessionId, format, refs, since }: ExportCommand): string {
  const query = new URLSearchParams({ format, refs, ...(since !== null && { since }) });
  return `/api/v1/sessions/${sessionId}/export?${query.toString()}`;
}

/** A folder needs a name in it: that is not known before the answer. Null then. */
async function placeIn(output: string | null, name: string | null): Promise<string | null> {
  const isFolder = output !== null && (await stat(output).catch(() => null))?.isDirectory();
  if (output !== null && !isFolder) return output;
  return name === null ? null : path.join(output ?? ".", name);
}

/** What the server calls it, without a path. */
function nameOf(response: Response): string {
  const header = response.headers.get("content-disposition") ?? "";
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1] ?? "";
  const name = path.basename(decodeURIComponent(encoded).replaceAll("\\", "/"));
  return name === "" || name === "." || name === ".." ? "session" : name;
}

interface Copy {
  file: NewFile | null;
  format: ExportFormat;
  stdout: Writable;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Writes what comes and compares it with what its end says. */
async function copy(
  response: Response,
  { file, format, stdout, terminal, signal }: Copy,
): Promise<ExportTrailer> {
  const checked = createCheck(format);
  let byteCount = 0;
  // Each write says its own; an error that nobody listens to would end the process.
  stdout.once("error", () => {});
  try {
    for await (const bytes of response.body ?? []) {
      byteCount += bytes.byteLength;
      checked.take(bytes);
      if (file) await file.write(bytes);
      else await print(bytes, { stdout, signal });
      terminal.progress(`${megabytes(byteCount)} MB`);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const words = `The export broke off after ${megabytes(byteCount)} MB (${reasonOf(error as Error)})`;
    const rest = file ? "nothing was kept, the same command begins anew" : "what came is not all";
    throw new CommandError(exitCodes.unavailable, `${words}: ${rest}`, { cause: error });
  }
  return checked.end();
}

/** Ends when the bytes are taken. Throws `failed` when nobody takes them any more. */
async function print(
  bytes: Uint8Array,
  { stdout, signal }: Pick<Copy, "stdout" | "signal">,
): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    stdout.write(bytes, (cause) => {
      signal.removeEventListener("abort", onAbort);
      if (!cause) return resolve();
      const words = `Standard output took no more (${reasonOf(cause)}): what it has is not all`;
      reject(new CommandError(exitCodes.failed, words, { cause }));
    });
  });
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function createCheck(format: ExportFormat) {
  const hash = createHash("sha256");
  let tail = Buffer.alloc(0);
  return {
    take(bytes: Uint8Array) {
      const all = Buffer.concat([tail, bytes]);
      const hashed = Math.max(0, all.byteLength - TRAILER_MAX_BYTES);
      hash.update(all.subarray(0, hashed));
      tail = all.subarray(hashed);
    },
    /** Throws when the end is missing, or is that of other bytes. */
    end(): ExportTrailer {
      const trailer = readTrailer(tail, format);
      if (trailer === null)
        throw new CommandError(exitCodes.unavailable, "The export has no end: it was cut off");
      const sha256 = hash.update(tail.subarray(0, trailer.start)).digest("hex");
      if (sha256 !== trailer.sha256)
        throw new CommandError(
          exitCodes.failed,
          "The export was changed on its way: its SHA-256 differs",
        );
      return trailer;
    },
  };
}

function describe({ messages, parts, leftOut, missing }: ExportTrailer): string {
  return [
    `${messages} messages, ${parts} parts`,
    ...(leftOut > 0 ? [`${leftOut} without their text`] : []),
    ...(missing > 0 ? [`${missing} missing in the server's store`] : []),
  ].join(", ");
}
