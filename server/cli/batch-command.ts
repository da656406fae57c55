import { createHash, randomUUID } from "node:crypto";
import pMap from "p-map";
import type { Batch } from "#lib/batch.ts";
import { keepWanted } from "#lib/batch-lines/keep-wanted.ts";
import { planRequests } from "#lib/batch-lines/plan-requests.ts";
import { whileArriving } from "#lib/batch-lines/while-arriving.ts";
import { orAborted } from "#lib/or-aborted.ts";
import { type BatchClient, createBatchClient } from "./batch-client.ts";
import { describeGaps } from "./describe-gaps.ts";
import { createSendingWords } from "./describe-sending.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { abortedError, describeBatch, exitCodeOf, followBatch } from "./follow-batch.ts";
import { type FileLine, type LineList, listLines } from "./list-lines.ts";
import { type LineFile, openLineFile } from "./open-line-file.ts";
import type { PushContext } from "./push-command.ts";
import type { BatchCommand } from "./read-batch-arguments.ts";
import { planOptions, type Refusal, sendLines } from "./send-lines.ts";
import { createServerClient } from "./server-client.ts";
import { findSessionFiles, listSessionFiles } from "./session-files.ts";
import { uploadLine } from "./upload-line.ts";

const UPLOADS_AT_ONCE = 4;
const NAMED_REFUSALS_MAX = 20;

/**
 * Sends the lines of a file, or many files as lines, as one batch and says what became of them. The same file with the same options is the same
 * batch: what the server has is not sent again. A batch that is named gets what it misses, and other lines in the place
 * of those that could not be read. Throws the signal's reason when that is aborted; what had begun may go on then.
 */
export async function runBatch(command: BatchCommand, context: PushContext): Promise<ExitCode> {
  const { sources, kind } = command;
  const paths = kind === "import" ? await findSessionFiles(sources) : null;
  if (paths !== null) return orAborted(sendFiles(command, context, paths), context.signal);
  const file = await openLineFile(sources[0], context);
  const send = async ({ path }: LineFile) => {
    const list = await listLines(path, { hasUploads: kind === "import" });
    return sendList(command, context, { list, path });
  };
  try {
    return await orAborted(send(file), context.signal);
  } finally {
    await file.close();
  }
}

/** Files that cannot be read are named, and make it partial. */
async function sendFiles(
  command: BatchCommand,
  context: PushContext,
  paths: readonly string[],
): Promise<ExitCode> {
  const { problems, ...list } = await listSessionFiles(paths);
  for (const problem of problems) context.terminal.note(problem);
  if (list.lines.length === 0)
    throw new CommandError(exitCodes.usage, "None of these files can be read");
  const exitCode = await sendList(command, context, { list, path: "" });
  return problems.length > 0 && exitCode === exitCodes.complete ? exitCodes.partial : exitCode;
}

async function sendList(
  command: BatchCommand,
  context: PushContext,
  { list, path }: Pick<Filling, "list" | "path">,
): Promise<ExitCode> {
  const { terminal, address } = context;
  const onRetry = (reason: string, delayMs: number) =>
    terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1000)} s`);
  const isCorrecting = command.batchId !== null;
  const client = createBatchClient(createServerClient(address, { onRetry }), { isCorrecting });
  const batch = await findOrMake(client, command, list);
  const { batchId } = batch;
  terminal.print(batchId);
  if (batch.state === "aborted") throw abortedError(batch);
  if (batch.state === "open" || isCorrecting)
    await fill(client, { ...context, command, list, batch, path });
  const filled = await client.readBatch(batchId);
  // A batch that still misses lines does not end.
  const isEndless = filled.state === "open";
  const ended =
    command.isDetached || isEndless ? filled : await followBatch(client, batchId, terminal);
  terminal.note(describeBatch(ended));
  if (ended.state === "aborted") throw abortedError(ended);
  return exitCodeOf(ended, command);
}

/** The batch that is named, the one that the same command made before, or a new one. */
async function findOrMake(
  client: BatchClient,
  command: BatchCommand,
  list: LineList,
): Promise<Batch> {
  if (command.batchId === null) return makeBatch(client, command, list);
  const batch = await client.readBatch(command.batchId);
  if (batch.kind === command.kind) return batch;
  throw new CommandError(exitCodes.usage, `${batch.batchId} is a batch of the kind ${batch.kind}`);
}

function makeBatch(
  client: BatchClient,
  { kind, defaults, concurrency, isForcedNew }: BatchCommand,
  { sha256, expectedCount }: LineList,
): Promise<Batch> {
  const request = {
    kind,
    defaults,
    ...(expectedCount !== null && { expectedCount }),
    ...(concurrency !== null && { concurrency }),
  };
  const identity = JSON.stringify([request, sha256]);
  const ownKey = createHash("sha256").update(identity).digest("hex");
  return client.createBatch({ ...request, idempotencyKey: isForcedNew ? randomUUID() : ownKey });
}

interface Filling extends PushContext {
  command: BatchCommand;
  list: LineList;
  batch: Batch;
  /** Where lines lie that are no files. */
  path: string;
}

/** Sends what is missing, and ends the batch's lines. */
async function fill(client: BatchClient, filling: Filling): Promise<void> {
  const { list, batch, path, terminal } = filling;
  const { batchId } = batch;
  const lines = keepWanted(list.lines, await client.readArrived(batchId));
  if (lines.length < list.lines.length)
    terminal.note(`${list.lines.length - lines.length} lines are there already`);
  const tellProgress = createProgress(filling, lines);
  const noteRefused = createRefusalNotes(filling);
  let refusedCount = 0;
  const onRefused = (refusal: Refusal) => {
    if (refusal.index === null) refusedCount += 1;
    noteRefused(refusal);
  };
  try {
    for (const request of planRequests(lines, planOptions)) {
      const uploadIds = await uploadLongLines(client, request.lines, {
        ...filling,
        tellProgress,
        noteRefused,
      });
      await sendLines({ client, batchId, path, uploadIds, onRefused }, request);
      for (const line of request.lines) if (!uploadIds.has(line)) tellProgress(line);
    }
    if (batch.state === "open") await sealWhole(client, filling, refusedCount);
  } catch (error) {
    const isConflict = error instanceof CommandError && error.status === 409;
    const now = isConflict ? await client.readBatch(batchId) : batch;
    throw now.state === "aborted" ? abortedError(now) : error;
  }
}

/**
 * A counted batch seals itself with its last line: nobody else can. Any other is sealed where nothing is known to be
 * missing: a sealed batch takes no line for an index that it does not have. `refusedCount`: lines that were refused now,
 * and that nobody can say the index of. Whoever brings corrected lines has dealt with those of before.
 */
async function sealWhole(
  client: BatchClient,
  { batch: { batchId }, command, terminal }: Filling,
  refusedCount: number,
): Promise<void> {
  const { expectedCount, received, missingCount, ...now } = await client.readBatch(batchId);
  if (expectedCount !== null && received < expectedCount) return;
  const unassignedCount = command.batchId === null ? now.unassignedCount : refusedCount;
  if (expectedCount !== null || missingCount + unassignedCount === 0) {
    const isTold = now.unassignedCount > 0;
    // All lines of a counted batch have come: what is missing is among those without an index.
    const sealing = expectedCount === null ? { allowUnassigned: isTold } : { allowGaps: isTold };
    await client.sealBatch(batchId, sealing);
    return;
  }
  const missing = missingCount > 0 ? await client.readFirstGaps(batchId) : [];
  terminal.note(describeGaps({ batchId, missing, missingCount, unassignedCount }));
}

interface Telling {
  tellProgress: (line: FileLine) => void;
  noteRefused: (refusal: Refusal) => void;
}

async function uploadLongLines(
  client: BatchClient,
  lines: readonly FileLine[],
  { path, batch, command, tellProgress, noteRefused }: Filling & Telling,
): Promise<Map<FileLine, string>> {
  const uploadIds = new Map<FileLine, string>();
  const file = { path, batchId: batch.batchId, defaults: command.defaults };
  const send = async (line: FileLine) => {
    const { number: lineNumber, index } = line;
    // A line goes again as itself, and is refused by its own name.
    const onRefused = (reason: string) =>
      line.whole && noteRefused({ lineNumber, index, fault: "invalid", reason });
    const uploadId = await uploadLine(client, line, { ...file, onRefused });
    if (uploadId === null) return;
    uploadIds.set(line, uploadId);
    tellProgress(line);
  };
  const longLines = lines.filter(planOptions.isUpload);
  await whileArriving(
    () => client.noteArrival(batch.batchId),
    () => pMap(longLines, send, { concurrency: UPLOADS_AT_ONCE }),
  );
  return uploadIds;
}

function createProgress({ terminal }: Filling, lines: readonly FileLine[]) {
  const wordsOf = createSendingWords();
  const totalBytes = lines.reduce((sum, { start, end }) => sum + end - start, 0);
  let sentBytes = 0;
  wordsOf(0, totalBytes, performance.now());
  return ({ start, end }: FileLine) => {
    sentBytes += end - start;
    const words = wordsOf(sentBytes, totalBytes, performance.now());
    if (words !== null) terminal.progress(words, sentBytes / totalBytes);
  };
}

/** A line is named once, and of many the first ones. */
function createRefusalNotes({ terminal, batch, list }: Filling) {
  const named = new Set<number>();
  const nameOf = (lineNumber: number) =>
    list.lines[lineNumber - 1]?.whole?.path ?? `Line ${lineNumber} of the file`;
  return ({ lineNumber, reason }: Refusal) => {
    if (named.has(lineNumber) || named.size > NAMED_REFUSALS_MAX) return;
    named.add(lineNumber);
    terminal.note(
      named.size > NAMED_REFUSALS_MAX
        ? `More lines were refused: GET /api/v1/batches/${batch.batchId}/items?state=failed names all`
        : // The server counts the lines of a request.
          `${nameOf(lineNumber)}: ${reason.replace(/^Line \d+ of its request/, "it")}`,
    );
  };
}
