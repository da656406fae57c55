import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findUnreachable } from "./unreachable-folder.ts";

const stranger = { uid: 4242, gid: 4242 };
let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "millrace-reach-"));
  await mkdir(join(parent, "inner"), { mode: 0o755 });
  await writeFile(join(parent, "inner", "program"), "", { mode: 0o755 });
});
afterEach(() => rm(parent, { recursive: true }));

test("names the outermost folder that the user may not enter", async () => {
  await chmod(parent, 0o700);
  await chmod(join(parent, "inner"), 0o700);
  expect(await findUnreachable(join(parent, "inner", "program"), stranger)).toBe(parent);
  await chmod(parent, 0o711);
  expect(await findUnreachable(join(parent, "inner", "program"), stranger)).toBe(
    join(parent, "inner"),
  );
});

test("names a program that the user may not run, and nothing when it may", async () => {
  await chmod(parent, 0o755);
  expect(await findUnreachable(join(parent, "inner", "program"), stranger)).toBeNull();
  await chmod(join(parent, "inner", "program"), 0o700);
  expect(await findUnreachable(join(parent, "inner", "program"), stranger)).toBe(
    join(parent, "inner", "program"),
  );
});

test("the owner of a closed folder may enter it", async () => {
  await chmod(parent, 0o700);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  expect(await findUnreachable(join(parent, "inner", "program"), owner)).toBeNull();
});
