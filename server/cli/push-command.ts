import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { Upload } from "#lib/upload.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { PushCommand } from "./read-arguments.ts";
import { type FileToSend, sendFile } from "./send-file.ts";
import { createServerClient, type ServerAddress, type ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";
import { waitForEnd } from "./wait-for-end.ts";
import { watchFile } from "./watch-file.ts";

export interface PushContext {
  address: ServerAddress;
  terminal: Terminal;
  stdin: Readable;
  /** Folder of this program's own, for what a later command goes on with. */
  stateHome: string;
  /** Ends a watch. */
  signal: AbortSignal;
}

/** Brings a file, standard input, or a growing file to the server; says what became of it. */
export async function runPush(command: PushCommand, context: PushContext): Promise<ExitCode> {
  const { terminal } = context;
  const client = createServerClient(context.address, {
    onRetry: (reason, delayMs) =>
      terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1000)} s`),
  });
  if (command.isWatching) {
    const sessionId = await makeSession(client, command);
    printLink(sessionId, context);
    return watchFile({ client, sessionId, path: command.source, ...context });
  }
  const uploadId = await send(client, command, context);
  if (command.isDetached) return exitCodes.complete;
  return report(await waitForEnd(client, uploadId, terminal), context);
}

function send(client: ServerClient, command: PushCommand, context: PushContext): Promise<string> {
  return command.source === "-"
    ? sendInput(client, command, context)
    : sendNamed(client, command, context);
}

async function sendNamed(
  client: ServerClient,
  command: PushCommand,
  context: PushContext,
): Promise<string> {
  const file = await lookAt(command, context.address);
  const beganMs = performance.now();
  return sendFile(file, {
    address: context.address,
    statePath: join(context.stateHome, "millrace"),
    sessionFor: () => makeSession(client, command),
    onSession: (sessionId) => printLink(sessionId, context),
    onProgress: (sent, total) =>
      context.terminal.progress(progressLine(sent, total, performance.now() - beganMs)),
  });
}

/** Throws what can be said of a file before anything is sent. */
async function lookAt(
  { source, sessionId }: PushCommand,
  { url }: ServerAddress,
): Promise<FileToSend> {
  const path = resolve(source);
  const status = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(exitCodes.usage, `${source} cannot be read (${cause.code})`);
  });
  if (!status.isFile()) throw new CommandError(exitCodes.usage, `${source} is not a file`);
  if (status.size === 0) throw new CommandError(exitCodes.usage, `${source} is empty`);
  if (status.size > UPLOAD_MAX_BYTES)
    throw new CommandError(exitCodes.usage, `${source} is larger than ${UPLOAD_MAX_BYTES} bytes`);
  const identity = [url, path, status.size, status.mtimeMs, sessionId];
  const fingerprint = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  return { path, bytes: status.size, fingerprint };
}

async function sendInput(
  client: ServerClient,
  command: PushCommand,
  context: PushContext,
): Promise<string> {
  const sessionId = await makeSession(client, command);
  printLink(sessionId, context);
  const { upload } = await client.push(sessionId, {
    body: () => Readable.toWeb(context.stdin) as BodyInit,
    headers: { "content-type": "application/octet-stream" },
    isOnce: true,
  });
  return upload.uploadId;
}

async function makeSession(
  client: ServerClient,
  { sessionId, title, source }: PushCommand,
): Promise<string> {
  const id = sessionId ?? createSessionId();
  // A session that is named belongs to somebody already, or is made by the push itself.
  if (sessionId === null) {
    await client.createSession({
      sessionId: id,
      ...(title !== null && { title }),
      ...(source !== "-" && { suggestedTitle: basename(source).slice(0, TITLE_MAX_CHARACTERS) }),
    });
  }
  return id;
}

function printLink(sessionId: string, { terminal, address }: PushContext): void {
  terminal.print(new URL(`/sessions/${sessionId}`, address.url).href);
}

function progressLine(sent: number, total: number, elapsedMs: number): string {
  const percent = ((100 * sent) / total).toFixed(1);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const rate = elapsedMs > 0 ? megabytes((sent / elapsedMs) * 1000) : "0.0";
  return `${percent} % · ${megabytes(sent)} of ${megabytes(total)} MB · ${rate} MB/s`;
}

function report(upload: Upload, { terminal }: PushContext): ExitCode {
  const { stored, unchanged, stale, skipped, error } = upload;
  const counts = [
    `${stored} items stored`,
    unchanged > 0 && `${unchanged} were there already`,
    stale > 0 && `${stale} older than what is there`,
    skipped > 0 && `${skipped} skipped`,
  ].filter(Boolean);
  terminal.note(counts.join(", "));
  if (upload.state === "failed") {
    throw new CommandError(exitCodes.failed, error?.message ?? "The upload failed");
  }
  return skipped > 0 ? exitCodes.partial : exitCodes.complete;
}
