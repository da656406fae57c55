import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { GENEROUS } from "../testing/use-session.ts";
import { createControlGroup } from "./control-group.ts";

const PROCESSORS = "processor time is not limited";

test("processor time is limited where that is asked for, or said not to be", async () => {
  const name = `millrace-test-${process.pid}`;
  const group = await createControlGroup(name, { ...GENEROUS, processorCount: 1.5 });
  try {
    const settings = group.entryPaths.flatMap((path) =>
      ["cpu.max", "cpu.cfs_quota_us"].map((file) => join(dirname(path), file)),
    );
    const read = await Promise.all(settings.map((path) => readFile(path, "utf8").catch(() => "")));
    const isLimited = read.some((text) => text.startsWith("150000"));
    expect(group.gaps.includes(PROCESSORS)).toBe(!isLimited);
  } finally {
    await group.remove();
  }
});

test("nothing is said of processor time that nobody asked to limit", async () => {
  const group = await createControlGroup(`millrace-test-all-${process.pid}`, GENEROUS);
  await group.remove();
  expect(group.gaps).not.toContain(PROCESSORS);
});
