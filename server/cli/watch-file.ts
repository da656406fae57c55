import { watch } from "node:fs";
import { open, stat } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";

/** What is sent at a time: applied before the server answers. */
const STEP_BYTES = 512 * 1024;
/** A line may be longer than a step; a longer one than this is no item. */
const LINE_MAX_BYTES = 50_000_000;
const POLL_MS = 1_000;
const NEWLINE = 0x0a;

export interface FileWatch {
  client: ServerClient;
  sessionId: string;
  path: string;
  terminal: Terminal;
  signal: AbortSignal;
}

/**
 * Follows a file of lines (NDJSON) from its beginning: every line that is whole is sent, in order, each once; a file
 * that becomes shorter was begun anew. Ends with the signal. What a step sends is sent again, with the same key, until
 * the server has it; lines that were sent before change nothing, so starting over is safe.
 */
export async function watchFile(file: FileWatch): Promise<ExitCode> {
  const { path, signal, terminal } = file;
  const changes = watchChanges(path);
  let offset = 0;
  let skippedCount = 0;
  try {
    while (!signal.aborted) {
      const { size } = await stat(path).catch((cause: NodeJS.ErrnoException) => {
        throw new CommandError(exitCodes.failed, `${path} cannot be read (${cause.code})`);
      });
      if (size < offset) offset = 0;
      const lines = await readLines(path, offset, size);
      if (lines === null) {
        await changes.next(signal);
        continue;
      }
      skippedCount += await sendLines(file, lines);
      offset += lines.byteLength;
      terminal.progress(`${offset} bytes sent, waiting for more`);
    }
  } finally {
    changes.close();
  }
  return skippedCount > 0 ? exitCodes.partial : exitCodes.complete;
}

/** Whole lines from `offset` on, about a step of them or one that is longer; null when there is none. */
async function readLines(path: string, offset: number, size: number): Promise<Buffer | null> {
  const file = await open(path, "r");
  try {
    for (let length = STEP_BYTES; ; length *= 4) {
      const bytes = Buffer.alloc(Math.min(length, size - offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, offset);
      const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      if (end !== -1) return bytes.subarray(0, end + 1);
      if (bytesRead < length || length > LINE_MAX_BYTES) return null;
    }
  } finally {
    await file.close();
  }
}

async function sendLines({ client, sessionId }: FileWatch, lines: Buffer): Promise<number> {
  if (lines.toString("latin1").trim() === "") return 0;
  const { skipped } = await client.push(sessionId, {
    body: () => new Uint8Array(lines),
    headers: { "content-type": "application/x-ndjson", "idempotency-key": randomUUID() },
    isOnce: false,
  });
  return skipped.length;
}

/** A change that the system tells, or a second: not every file system tells. */
function watchChanges(path: string) {
  const watcher = watch(path, { persistent: false });
  watcher.on("error", () => watcher.close());
  return {
    async next(signal: AbortSignal) {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const ignoreAbort = () => {};
      await Promise.race([
        once(watcher, "change", { signal: either }).catch(ignoreAbort),
        delay(POLL_MS, undefined, { signal: either }).catch(ignoreAbort),
      ]);
      over.abort();
    },
    close: () => watcher.close(),
  };
}
