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

test("an archive that breaks off is told", async () => {
  const cut = makeArchive().subarray(0, 1_600);
  const read = async () => {
    for await (const file of readTar(inChunks(cut, 64))) void file;
  };
  await expect(read()).rejects.toThrow("cannot be read");
});
