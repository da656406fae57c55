import { hash } from "node:crypto";
import pMap from "p-map";
import { isAppError } from "#lib/errors.ts";
import { UNKNOWN_MIME } from "#lib/guess-mime.ts";
import { createOutputId } from "#lib/ids.ts";
import { SESSION_OUTPUTS_MAX, SESSION_OUTPUTS_MAX_BYTES } from "#lib/limits.ts";
import { looksLikeText } from "#lib/looks-like-text.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { retryPassing } from "#server/items/retry-passing.ts";
import { transact } from "#server/live/transact.ts";
import { nextNumber, noteChange, type OutputServices } from "./begin-output.ts";
import {
  describeOpened,
  type FoundFile,
  openListedFile,
  type WrittenFolder,
} from "./list-files.ts";
import { isReference } from "./place-output.ts";
import { requireOwner } from "./require-owner.ts";
import { describeFile, type FileOutput } from "./store-file.ts";

const FILES_AT_ONCE = 64;
const BYTES_AT_ONCE = 4 * 1024 ** 2;
const READS_AT_ONCE = 8;

interface SmallFiles {
  folder: WrittenFolder;
  target: FileOutput;
  files: readonly FoundFile[];
  /** Told of each file that is stored. */
  onStored(file: FoundFile): void;
  signal: AbortSignal;
}

/** A file as it was listed, and all of its bytes. */
interface ReadFile extends FoundFile {
  content: Buffer;
}

/**
 * Stores files whose values lie in their rows, many in one transaction, at most 4 MiB of them in memory. Answers those
 * that are left to be stored one by one: the larger ones, those that have changed since they were listed, and all of a
 * transaction that found no room for one of them, or failed. What is stored already is told of, not stored again.
 * Rejects when it cannot be known what became of a transaction: tried later, with the files that were not told of, it is.
 */
export async function storeSmallFiles(
  services: OutputServices,
  { folder, target, files, onStored, signal }: SmallFiles,
): Promise<FoundFile[]> {
  const stored = new Set<FoundFile>();
  const note = (group: readonly FoundFile[]) => {
    for (const file of group) stored.add(file);
    group.forEach(onStored);
  };
  // They may have come through before, unheard.
  note(await findStored(services, target, files));
  const isDue = (file: FoundFile) =>
    !stored.has(file) && !isReference(file.bytes, target.thresholdBytes);
  for (const group of groupFiles(files.filter(isDue))) {
    if (signal.aborted) break;
    try {
      note(await storeGroup(services, { folder, target, group }));
    } catch (error) {
      // Each of them says why when it is tried alone.
      services.log.debug({ err: error }, "small files were not stored together");
      if (!isAppError(error)) note(await findStored(services, target, group));
    }
  }
  return files.filter((file) => !stored.has(file));
}

interface FileGroup extends Pick<SmallFiles, "folder" | "target"> {
  group: readonly FoundFile[];
}

/** Answers those that are stored now. */
async function storeGroup(
  services: OutputServices,
  { folder, target, group }: FileGroup,
): Promise<FoundFile[]> {
  const read = await pMap(group, (file) => readUnchanged(folder, file), {
    concurrency: READS_AT_ONCE,
  });
  const present = read.filter((file) => file !== null);
  if (present.length === 0 || !(await storeTogether(services, target, present))) return [];
  return group.filter((_, index) => read[index]);
}

/** Those whose latest value is there, although the answer to its commit may have been lost. */
async function findStored(
  { database: { sql } }: OutputServices,
  { sessionId, generation, executionId }: FileOutput,
  files: readonly FoundFile[],
): Promise<FoundFile[]> {
  if (files.length === 0) return [];
  const rows = await retryPassing(
    () => sql<{ port: string; version: string }[]>`
      select distinct on (port) port, file_version as version from outputs
      where session_id = ${sessionId} and generation = ${generation}
        and execution_id = ${executionId} and state = 'complete'
        and port = any(${files.map(({ port }) => port)})
      order by port, n desc`,
    undefined,
  );
  const versions = new Map(rows.map(({ port, version }) => [port, version]));
  return files.filter(({ port, version }) => versions.get(port) === version);
}

function groupFiles(files: readonly FoundFile[]): FoundFile[][] {
  const groups: FoundFile[][] = [];
  let groupBytes = 0;
  for (const file of files) {
    const group = groups.at(-1);
    groupBytes += file.bytes;
    if (group && group.length < FILES_AT_ONCE && groupBytes <= BYTES_AT_ONCE) group.push(file);
    else {
      groups.push([file]);
      groupBytes = file.bytes;
    }
  }
  return groups;
}

/** Null for one that is not, before or after it was read, as it was listed. */
async function readUnchanged(folder: WrittenFolder, file: FoundFile): Promise<ReadFile | null> {
  const opened = await openListedFile(folder, file);
  if (opened === null) return null;
  const isUnchanged = async () =>
    (await describeOpened(opened, file.port)).version === file.version;
  try {
    if (!(await isUnchanged())) return null;
    const content = Buffer.alloc(file.bytes);
    const { bytesRead } = await opened.read(content, 0, file.bytes, 0);
    return bytesRead === file.bytes && (await isUnchanged()) ? { ...file, content } : null;
  } finally {
    await opened.close();
  }
}

/** All of them or none: false when they do not fit into what the session may have. Throws what `noteChange` throws. */
function storeTogether(
  services: OutputServices,
  target: FileOutput,
  files: readonly ReadFile[],
): Promise<boolean> {
  return transact(services, async (tx) => {
    if (!(await chargeAll(tx, target, files))) return false;
    const { seq } = await noteChange(tx, target, files.length);
    await requireOwner(tx, target);
    const firstSeq = seq - files.length + 1;
    await Promise.all(
      files.map((file, index) => insertFile(tx, services, { target, file, seq: firstSeq + index })),
    );
    return true;
  });
}

/** Locks the session's row until the transaction ends, as every writer of outputs does first. */
async function chargeAll(
  tx: TransactionSql,
  { sessionId, generation, quotaBytes = SESSION_OUTPUTS_MAX_BYTES }: FileOutput,
  files: readonly ReadFile[],
): Promise<boolean> {
  const addedBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const { count } = await tx`
    update sessions
    set output_count = output_count + ${files.length}, output_bytes = output_bytes + ${addedBytes}
    where id = ${sessionId} and generation = ${generation}
      and output_count + ${files.length} <= ${SESSION_OUTPUTS_MAX}
      and output_bytes < ${quotaBytes} and output_bytes + ${addedBytes} <= ${quotaBytes}`;
  return count === 1;
}

async function insertFile(
  tx: TransactionSql,
  { processId }: OutputServices,
  { target, file, seq }: { target: FileOutput; file: ReadFile; seq: number },
): Promise<void> {
  const output = describeFile(target, file);
  const { content } = file;
  const isText = output.mime === UNKNOWN_MIME && looksLikeText(content);
  await tx`
    insert into outputs (
      id, session_id, generation, execution_id, port, n, source, mode, format, mime, name, state,
      value, bytes, sha256, file_version, process_id, first_seq, seq, ended_at
    ) values (
      ${createOutputId()}, ${output.sessionId}, ${output.generation}, ${output.executionId},
      ${output.port}, ${nextNumber(tx, output)}, ${output.source}, ${output.mode},
      ${output.format ?? null}, ${isText ? "text/plain" : output.mime}, ${output.name ?? null},
      'complete', ${content}, ${content.byteLength}, ${hash("sha256", content, "hex")},
      ${file.version}, ${processId}, ${seq}, ${seq}, now()
    )`;
}
