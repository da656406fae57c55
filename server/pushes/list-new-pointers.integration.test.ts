import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  createTestRepository,
  type TestRepository,
} from "#server/workspaces/testing/test-repository.ts";
import { listNewPointers } from "./list-new-pointers.ts";
import { withScratchRepository } from "./scratch-repository.ts";

let folder: string;
let mirror: TestRepository;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-pointers-"));
  mirror = await createTestRepository(join(folder, "mirror"));
  await mirror.commit({ "bran.bin": lfsPointer("bran").text });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a commit brings that is none of the remote's branches, but in its objects. */
async function listOf(commitId: string) {
  await mirror.git("update-ref", "refs/hidden", commitId);
  await mirror.git("update-ref", "refs/heads/main", `${commitId}~1`);
  const options = {
    dataDir: folder,
    pushId: "push",
    mirrorPath: mirror.path,
    sandbox: createProcessSandbox(),
    signal: new AbortController().signal,
    timeoutMs: 60_000,
  };
  return withScratchRepository(options, (scratch) => listNewPointers(scratch, commitId));
}

test("new pointers are found, each object once, by a path that has it", async () => {
  const [flour, husk] = [lfsPointer("flour"), lfsPointer("a husk")];
  const commitId = await mirror.commit({
    "a name with spaces.bin": flour.text,
    "bran.bin": husk.text,
    "copies/flour.bin": flour.text,
    "notes.txt": `${husk.text}and more\n`,
    // As git has it, this is another file of the same pointer.
    "unended.bin": flour.text.trimEnd(),
    "empty.bin": "",
  });
  const found = await listOf(commitId);
  expect(found.toSorted((a, b) => a.size - b.size)).toEqual([
    { oid: flour.oid, size: 5, path: "a name with spaces.bin" },
    { oid: husk.oid, size: 6, path: "bran.bin" },
  ]);
});

test("large files are not looked at, whatever is in them, and long names are cut", async () => {
  const flour = lfsPointer("flour");
  const folders = "f".repeat(200);
  const path = Array.from({ length: 6 }, () => folders).join("/");
  const commitId = await mirror.commit({
    "large.txt": `${flour.text}${"grain\n".repeat(3_000_000)}`,
    [`${path}/flour.bin`]: flour.text,
  });
  expect(await listOf(commitId)).toEqual([{ oid: flour.oid, size: 5, path: path.slice(0, 1_000) }]);
});

test("a branch that brings nothing has none", async () => {
  expect(await listOf(await mirror.commit({}))).toEqual([]);
});
