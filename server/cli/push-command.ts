import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { findBroughtName, findExportedTitle } from "#lib/brought-session.ts";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { Upload } from "#lib/upload.ts";
import { countItems } from "./count-items.ts";
import { createSendingWords } from "./describe-sending.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { peekStart } from "./peek-start.ts";
import { refuseTranscript } from "./refuse-transcript.ts";
import type { PushCommand } from "./read-arguments.ts";
import { type FileHead, readHead, unpackHead } from "./read-head.ts";
import { type FileToSend, sendFile } from "./send-file.ts";
import { createServerClient, type ServerAddress, type ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";
import { waitForEnd } from "./wait-for-end.ts";
import { watchFile, type WatchPlace } from "./watch-file.ts";
import { openWatchMemory, type WatchedBefore, type WatchMemory } from "./watch-memory.ts";

export interface PushContext {
  address: ServerAddress;
  terminal: Terminal;
  stdin: Readable;
  /** Folder of this program's own, for what a later command goes on with. */
  stateHome: string;
  /** Ends a watch after its step, and a batch at once, with its reason. */
  signal: AbortSignal;
}

/** Brings a file, standard input, or a growing file to the server; says what became of it. */
export async function runPush(command: PushCommand, context: PushContext): Promise<ExitCode> {
  const { terminal } = context;
  const client = createServerClient(context.address, {
    onRetry: (reason, delayMs) =>
      terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1000)} s`),
  });
  if (command.isWatching) return watch(client, command, context);
  const uploadId = await send(client, command, context);
  if (command.isDetached) return exitCodes.complete;
  return report(await waitForEnd(client, uploadId, terminal), context);
}

/** Goes on where an earlier command stopped, unless the session went meanwhile: then all of the file is sent anew. */
async function watch(
  client: ServerClient,
  command: PushCommand,
  context: PushContext,
): Promise<ExitCode> {
  const { source: path, isForcedNew } = command;
  const { head } = await readNamed(path);
  refuseTranscript(head, path, "`--watch` follows files of items: push it again when it has grown");
  const { url } = context.address;
  const memory = openWatchMemory(statePathOf(context), { ...command, url, path });
  const known = isForcedNew ? null : await findWatched(client, memory);
  const sessionId = known?.sessionId ?? (await makeSession(client, command, { head, ...context }));
  printLink(sessionId, context);
  if (known) context.terminal.note(`Going on at byte ${known.place.offset}`);
  const onPlace = (reached: WatchPlace) => memory.note({ sessionId, ...reached });
  const file = { client, sessionId, path, onPlace, ...(known && { begin: known }) };
  try {
    return await watchFile({ ...file, ...context });
  } catch (error) {
    if (isAboutWhatIsGone(error)) await memory.forget();
    throw error;
  }
}

/**
 * How far an earlier command came, as long as the server has what that sent: without asking, a server that lost its data
 * would take the rest for a session that begins in the middle.
 */
async function findWatched(
  client: ServerClient,
  memory: WatchMemory,
): Promise<WatchedBefore | null> {
  const known = await memory.find();
  try {
    if (known?.uploadId) await client.readUpload(known.uploadId);
    return known;
  } catch (error) {
    if (!isAboutWhatIsGone(error)) throw error;
    await memory.forget();
    return null;
  }
}

const isAboutWhatIsGone = (error: unknown) =>
  error instanceof CommandError && (error.status === 404 || error.status === 410);

const statePathOf = ({ stateHome }: PushContext) => join(stateHome, "millrace");

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
  const { head, ...file } = await lookAt(command, context.address);
  const wordsOf = createSendingWords();
  return sendFile(file, {
    address: context.address,
    statePath: statePathOf(context),
    sessionFor: () => makeSession(client, command, { head, ...context }),
    onSession: (sessionId) => printLink(sessionId, context),
    onProgress(sent, total) {
      const words = wordsOf(sent, total, performance.now());
      if (words !== null) context.terminal.progress(words);
    },
  });
}

/** Throws what can be said of a file before anything is sent. */
async function lookAt(
  { source, sessionId, isForcedNew }: PushCommand,
  { url }: ServerAddress,
): Promise<FileToSend & Pick<FileHead, "head">> {
  const path = resolve(source);
  const status = await stat(path).catch((cause: NodeJS.ErrnoException) =>
    unreadable(source, cause),
  );
  if (!status.isFile()) throw new CommandError(exitCodes.usage, `${source} is not a file`);
  if (status.size === 0) throw new CommandError(exitCodes.usage, `${source} is empty`);
  if (status.size > UPLOAD_MAX_BYTES)
    throw new CommandError(exitCodes.usage, `${source} is larger than ${UPLOAD_MAX_BYTES} bytes`);
  const { encoding, head } = await readNamed(source);
  const identity = [url, path, status.size, status.mtimeMs, sessionId, encoding, isForcedNew];
  const fingerprint = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  return { path, bytes: status.size, encoding, head, fingerprint };
}

const readNamed = (source: string): Promise<FileHead> =>
  readHead(resolve(source)).catch((cause: NodeJS.ErrnoException) => unreadable(source, cause));

function unreadable(source: string, cause: NodeJS.ErrnoException): never {
  throw new CommandError(exitCodes.usage, `${source} cannot be read (${cause.code})`, { cause });
}

async function sendInput(
  client: ServerClient,
  command: PushCommand,
  context: PushContext,
): Promise<string> {
  const { start, whole } = await peekStart(context.stdin);
  const { encoding, head } = await unpackHead(start);
  if (encoding !== "identity") context.terminal.note(`Standard input is packed with ${encoding}`);
  const sessionId = await makeSession(client, command, { head, ...context });
  printLink(sessionId, context);
  const { upload } = await client.push(sessionId, {
    body: () => Readable.toWeb(Readable.from(whole)) as BodyInit,
    headers: { "content-type": "application/octet-stream", "content-encoding": encoding },
    isOnce: true,
  });
  return upload.uploadId;
}

/** A session that is named belongs to somebody already, or is made by the push itself. */
async function makeSession(
  client: ServerClient,
  { sessionId, title, source, isForcedNew, isWatching }: PushCommand,
  { head, terminal }: Pick<FileHead, "head"> & Pick<PushContext, "terminal">,
): Promise<string> {
  if (sessionId !== null) return sessionId;
  const brought = isForcedNew ? null : findBroughtName(head);
  const suggested = findExportedTitle(head) ?? (source === "-" ? null : basename(source));
  const made = await client.createSession({
    sessionId: createSessionId(),
    ...brought,
    ...(title !== null && { title }),
    ...(suggested !== null && { suggestedTitle: suggested.slice(0, TITLE_MAX_CHARACTERS) }),
  });
  if (!made.isNew) terminal.note("This session is here already: what is new in it is added");
  // A watch goes on where it stopped.
  if (!brought && !isForcedNew && !isWatching) terminal.note(describeNameless(made.sessionId));
  return made.sessionId;
}

const describeNameless = (sessionId: string) =>
  `It does not say which session it holds: another push makes another one, \`--session ${sessionId}\` adds to this one`;

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
