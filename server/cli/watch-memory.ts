import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isSessionId } from "#lib/ids.ts";
import { isRecord } from "#lib/is-record.ts";
import type { WatchPlace } from "./watch-file.ts";

/** So much before a place tells whether the file is still the one that was read. */
const TAIL_BYTES = 4_096;

/** How far an earlier command had come with a file that it watched. */
export interface WatchedBefore extends WatchPlace {
  sessionId: string;
}

/** What is kept of one watch, in a file of its own: a later command goes on with it. */
export interface WatchMemory {
  /** Null when there was no such command, or what it had read stands in the file no more. */
  find(): Promise<WatchedBefore | null>;
  /** Nothing when the file was cut before that place meanwhile: there is nothing to tell it by. */
  note(watched: WatchedBefore): Promise<void>;
  forget(): Promise<void>;
}

/** Of a file on its way to one server, and into one session where that was said. */
export function openWatchMemory(
  folder: string,
  watch: { url: string; path: string; sessionId: string | null },
): WatchMemory {
  const path = resolve(watch.path);
  const name = sha256(JSON.stringify([watch.url, path, watch.sessionId]));
  const memoryPath = join(folder, `watch-${name}.json`);
  return {
    async find() {
      const known = parseKnown(await readFile(memoryPath, "utf8").catch(() => ""));
      if (known === null || known.tail !== (await hashTail(path, known.place.offset))) return null;
      const { tail: _tail, ...watched } = known;
      return watched;
    },
    async note({ sessionId, uploadId, place }) {
      const tail = await hashTail(path, place.offset);
      if (tail === null) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Another command may read it at any time, or write its own.
      const newPath = `${memoryPath}.${randomUUID()}.new`;
      try {
        await writeFile(newPath, JSON.stringify({ sessionId, uploadId, place, tail }));
        await rename(newPath, memoryPath);
      } finally {
        await rm(newPath, { force: true });
      }
    },
    forget: () => rm(memoryPath, { force: true }),
  };
}

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Null when the file ends before that. */
async function hashTail(path: string, end: number): Promise<string | null> {
  const length = Math.min(end, TAIL_BYTES);
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, end - length);
    return bytesRead === length ? sha256(buffer) : null;
  } finally {
    await file.close();
  }
}

/** Null for what another version, or nobody, wrote. */
function parseKnown(text: string): (WatchedBefore & { tail: string }) | null {
  const known = parse(text);
  if (!isRecord(known) || !isRecord(known["place"])) return null;
  const { sessionId, uploadId, tail, place } = known;
  const { offset, isInLongLine } = place;
  const isKnown =
    typeof sessionId === "string" &&
    isSessionId(sessionId) &&
    (uploadId === null || typeof uploadId === "string") &&
    typeof tail === "string" &&
    Number.isSafeInteger(offset) &&
    typeof isInLongLine === "boolean";
  if (!isKnown) return null;
  return { sessionId, uploadId, tail, place: { offset: Number(offset), isInLongLine } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
