import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ITEM_MAX_BYTES } from "#lib/limits.ts";
import { countItems } from "./count-items.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { type LinePlace, readStep } from "./read-step.ts";
import type { ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";
import { isEnded, waitForEnd } from "./wait-for-end.ts";

const POLL_MS = 1_000;

const fileStart: LinePlace = { offset: 0, isInLongLine: false };

/** How far a watch has come. */
export interface WatchPlace {
  place: LinePlace;
  /** What the last lines before it were sent as; null when there were none. */
  uploadId: string | null;
}

export interface FileWatch {
  client: ServerClient;
  sessionId: string;
  path: string;
  /** Where an earlier command stopped. */
  begin?: WatchPlace;
  /** Told, and waited for, when all lines before that place are through. */
  onPlace(reached: WatchPlace): Promise<void>;
  terminal: Terminal;
  signal: AbortSignal;
}

interface Losses {
  /** Steps that the server had and then gave up. */
  failed: number;
  /** Items that the server skipped, and lines that were not sent. */
  skipped: number;
}

/**
 * Follows a file of lines (NDJSON) from its beginning or a place behind it: every line that is whole is sent, in order, each once; a file
 * that becomes shorter was begun anew. A step is sent again, with the same key, when its request fails in a way that may
 * pass, and the next one goes when the server is through with it. What it gave up or skipped, and a line above
 * `ITEM_MAX_BYTES`, is told, counted and passed by. Ends with the signal, after the step that is on its way; throws
 * `CommandError` when the server refuses a step or stays away. Lines that were sent before change nothing, so starting
 * over is safe.
 */
export async function watchFile(file: FileWatch): Promise<ExitCode> {
  const { path, signal, terminal, begin, onPlace } = file;
  const changes = watchChanges(path);
  const losses: Losses = { failed: 0, skipped: 0 };
  let { place, uploadId } = begin ?? { place: fileStart, uploadId: null };
  try {
    while (!signal.aborted) {
      const size = await sizeOf(path);
      if (size < place.offset) place = fileStart;
      const step = await readStep(path, place, { size });
      if (step === null) {
        await changes.next(signal);
        continue;
      }
      if (step.lines) uploadId = (await sendLines(file, step.lines, losses)) ?? uploadId;
      else if (!place.isInLongLine) passOver(file, place, losses);
      place = step.next;
      await onPlace({ place, uploadId });
      terminal.progress(`${place.offset} bytes read, waiting for more`);
    }
  } finally {
    changes.close();
  }
  if (losses.failed > 0) return exitCodes.failed;
  return losses.skipped > 0 ? exitCodes.partial : exitCodes.complete;
}

async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(exitCodes.failed, `${path} cannot be read (${cause.code})`);
  });
  return size;
}

/** The upload that brought them, when the server is through with it; null for empty lines. Adds what was not stored. */
async function sendLines(
  { client, sessionId, terminal }: FileWatch,
  lines: Buffer,
  losses: Losses,
): Promise<string | null> {
  if (lines.toString("latin1").trim() === "") return null;
  const { upload: sent } = await client.push(sessionId, {
    body: () => new Uint8Array(lines),
    headers: { "content-type": "application/x-ndjson", "idempotency-key": randomUUID() },
    isOnce: false,
  });
  const upload = isEnded(sent) ? sent : await waitForEnd(client, sent.uploadId, terminal);
  losses.skipped += upload.skipped;
  if (upload.skipped > 0) terminal.note(`${countItems(upload.skipped)} skipped`);
  if (upload.state === "failed") {
    losses.failed += 1;
    terminal.note(upload.error?.message ?? "The upload failed");
  }
  return upload.uploadId;
}

function passOver({ terminal }: FileWatch, { offset }: LinePlace, losses: Losses): void {
  losses.skipped += 1;
  terminal.note(`The line at byte ${offset} is longer than ${ITEM_MAX_BYTES} bytes: not sent`);
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
