import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { remainsName, removeRemains } from "./remains.ts";

/** No system gives a process such a number. */
const DEAD_PID = 2 ** 30;

test("what a killed server left goes, and what belongs to a living one stays", async () => {
  const left = join(tmpdir(), `millrace-sandbox-${DEAD_PID}-x`);
  await mkdir(join(left, "run"), { recursive: true });
  const ours = await mkdtemp(join(tmpdir(), remainsName()));
  const foreign = await mkdtemp(join(tmpdir(), "millrace-other-"));
  await removeRemains();
  const names = await readdir(tmpdir());
  const isThere = [left, ours, foreign].map((path) =>
    names.includes(path.slice(tmpdir().length + 1)),
  );
  for (const path of [ours, foreign]) await rm(path, { recursive: true });
  expect(isThere).toEqual([false, true, true]);
});
