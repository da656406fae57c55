import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { openWatchMemory } from "./watch-memory.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "millrace-watch-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sessionId = createSessionId();
const upTo = (offset: number) => ({
  sessionId,
  uploadId: null,
  place: { offset, isInLongLine: false },
});

async function watched(name: string) {
  const path = join(folder, name);
  await writeFile(path, "0123456789");
  const home = `${path}-home`;
  return { path, home, open: () => openWatchMemory(home, { url: "", path, sessionId: null }) };
}

test("two watches of one file note at the same time, and leave nothing else behind", async () => {
  const { home, open } = await watched("twice");
  const memories = [open(), open()];
  const offsets = Array.from({ length: 10 }, (_, n) => n + 1);
  for (const offset of offsets) await Promise.all(memories.map((one) => one.note(upTo(offset))));
  expect(await open().find()).toEqual(upTo(10));
  expect(await readdir(home)).toHaveLength(1);
});

test("a place that the file does not reach any more is not noted", async () => {
  const { path, open } = await watched("cut");
  await open().note(upTo(4));
  await truncate(path, 6);
  await open().note(upTo(10));
  expect(await open().find()).toEqual(upTo(4));
});
