import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { takeObjects, withScratchRepository } from "./scratch-repository.ts";

const BLOB = 3;
const DELTA_BY_OFFSET = 6;
const BASE_BYTES = 2 ** 20;

let folder: string;
let mirrorPath: string;
let base: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-scratch-"));
  const mirror = await createTestRepository(join(folder, "mirror"));
  base = await mirror.commit({ "README.md": "# A mill\n" });
  mirrorPath = mirror.path;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Seven bits a byte, the lowest first. */
function sizeOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The head of an object in a pack: its type between the lowest four bits of its size and the others. */
function headOf(type: number, size: number): Buffer {
  const first = (type << 4) | (size % 16);
  const rest = Math.floor(size / 16);
  return rest === 0
    ? Buffer.from([first])
    : Buffer.concat([Buffer.from([first | 128]), sizeOf(rest)]);
}

/** How far before it an object's base begins. */
function offsetOf(distance: number): Buffer {
  const bytes = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift((rest % 128) | 128);
  }
  return Buffer.from(bytes);
}

/** A bundle of a few kilobytes: a file of `count` MiB that is the same MiB, `count` times copied. */
function makeBundle(count: number): Buffer {
  const header = Buffer.from([
    ..."PACK".split("").map((it) => it.charCodeAt(0)),
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    2,
  ]);
  const file = Buffer.alloc(BASE_BYTES);
  const first = Buffer.concat([headOf(BLOB, BASE_BYTES), deflateSync(file)]);
  // From 0 on, as many bytes as the third of three says: 0x10 << 16.
  const copies = Buffer.alloc(count * 2, Buffer.from([0xc0, 0x10]));
  const delta = Buffer.concat([sizeOf(BASE_BYTES), sizeOf(count * BASE_BYTES), copies]);
  const second = [
    headOf(DELTA_BY_OFFSET, delta.length),
    offsetOf(first.length),
    deflateSync(delta),
  ];
  const objects = Buffer.concat([header, first, ...second]);
  const sum = createHash("sha1").update(objects).digest();
  const head = `# v2 git bundle\n-${base}\n${base} refs/millrace/push\n\n`;
  return Buffer.concat([Buffer.from(head), objects, sum]);
}

async function* toStream(bytes: Buffer) {
  yield bytes;
}

const take = (count: number) => {
  const signal = new AbortController().signal;
  const sandbox = createProcessSandbox();
  const options = {
    dataDir: folder,
    pushId: "push",
    mirrorPath,
    sandbox,
    signal,
    timeoutMs: 60_000,
  };
  const bundle = toStream(makeBundle(count));
  return withScratchRepository(options, (scratch) =>
    takeObjects(scratch, { bundle, baseCommit: base }, 1e6),
  );
};

test("a few bytes that stand for gigabytes are not unpacked", async () => {
  await expect(take(2_100)).rejects.toMatchObject({
    details: { reason: expect.stringMatching(/^(?:corrupt|unknown)$/) as unknown },
  });
});

test("what they stand for is unpacked where it is no more than a large file", async () => {
  await take(8);
});
