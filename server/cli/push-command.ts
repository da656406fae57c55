import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { Upload, UploadEncoding } from "#lib/upload.ts";
import { countItems } from "./count-items.ts";
import { createSendingWords } from "./describe-sending.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { PushCommand } from "./read-arguments.ts";
import { type FileToSend, sendFile } from "./send-file.ts";
import { createServerClient, type ServerAddress, type ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";
import { waitForEnd } from "./wait-for-end.ts";
import { watchFile } from "./watch-file.ts";

const GZIP_START = Buffer.from([0x1f, 0x8b]);

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
  const wordsOf = createSendingWords();
  return sendFile(file, {
    address: context.address,
    statePath: join(context.stateHome, "millrace"),
    sessionFor: () => makeSession(client, command),
    onSession: (sessionId) => printLink(sessionId, context),
    onProgress(sent, total) {
      const words = wordsOf(sent, total, performance.now());
      if (words !== null) context.terminal.progress(words);
    },
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
  const encoding = await findEncoding(path);
  const identity = [url, path, status.size, status.mtimeMs, sessionId, encoding];
  const fingerprint = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  return { path, bytes: status.size, encoding, fingerprint };
}

/** Gzip is known by its first two bytes, whatever the file is called. */
async function findEncoding(path: string): Promise<UploadEncoding> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.equals(GZIP_START) ? "gzip" : "identity";
  } finally {
    await file.close();
  }
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

function report(upload: Upload, { terminal }: PushContext): ExitCode {
  const { stored, unchanged, stale, skipped, error } = upload;
  const counts = [
    `${countItems(stored)} stored`,
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
