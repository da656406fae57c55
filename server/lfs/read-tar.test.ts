import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTar } from "./read-tar.ts";

/** What tar(1) makes of two files, an empty one, a folder and a link. */
function makeArchive(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tar-"));
  try {
    mkdirSync(join(folder, "aa"));
    writeFileSync(join(folder, "aa/one"), "1".repeat(1_000));
    writeFileSync(join(folder, "aa/two"), "2".repeat(512));
    writeFileSync(join(folder, "none"), "");
    symlinkSync("none", join(folder, "link"));
    return execFileSync("tar", ["--create", "--file=-", "--sort=name", "."], { cwd: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

test.each([1, 2, 3, 7, 64, 100_000])(
  "files come in chunks of %s bytes as they are",
  async (size) => {
    const found: string[] = [];
    for await (const file of readTar(inChunks(makeArchive(), size))) {
      if (file.name === "./aa/one") {
        found.push(`${file.name} left`);
        continue;
      }
      let text = "";
      for await (const chunk of file.bytes) text += Buffer.from(chunk).toString();
      found.push(`${file.name} ${file.size} ${text}`);
    }
    expect(found).toEqual(["./aa/one left", `./aa/two 512 ${"2".repeat(512)}`, "./none 0 "]);
  },
);

async function readAll(source: AsyncIterable<Uint8Array>) {
  for await (const file of readTar(source)) void file;
}

test("an archive that breaks off is told", async () => {
  const cut = makeArchive().subarray(0, 1_600);
  await expect(readAll(inChunks(cut, 64))).rejects.toThrow("cannot be read");
});

/** An archive in chunks that tells how far it was read, and what became of it. */
function watch(bytes: Uint8Array, size: number) {
  const seen = { isRead: false, isClosed: false };
  async function* source() {
    try {
      yield* inChunks(bytes, size);
      seen.isRead = true;
    } finally {
      seen.isClosed = true;
    }
  }
  return { seen, source: source() };
}

test.each([64, 512, 100_000])("a source in chunks of %s is read to its end", async (size) => {
  const { seen, source } = watch(makeArchive(), size);
  await readAll(source);
  expect(seen).toEqual({ isRead: true, isClosed: true });
});

test("what goes wrong behind the last file is told", async () => {
  async function* source() {
    yield* inChunks(makeArchive(), 512);
    throw new Error("tar ended with 2");
  }
  await expect(readAll(source())).rejects.toThrow("tar ended with 2");
});

test("a source is closed when its reader leaves it, and when it is no archive", async () => {
  const left = watch(makeArchive(), 64);
  for await (const file of readTar(left.source)) {
    void file;
    break;
  }
  expect(left.seen).toEqual({ isRead: false, isClosed: true });
  const broken = watch(Buffer.alloc(2_048, "x"), 64);
  await expect(readAll(broken.source)).rejects.toThrow("cannot be read");
  expect(broken.seen).toEqual({ isRead: false, isClosed: true });
});
