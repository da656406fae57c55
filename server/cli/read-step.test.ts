import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LinePlace, readStep } from "./read-step.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-step-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** All steps of a file that holds `text`: their lines, `-` for what was passed over. */
async function stepsOf(text: string, lineMaxBytes?: number) {
  const path = join(folder, "lines");
  await writeFile(path, text);
  const steps: string[] = [];
  let place: LinePlace = { offset: 0, isInLongLine: false };
  for (;;) {
    const step = await readStep(path, place, { size: Buffer.byteLength(text), lineMaxBytes });
    if (step === null) return { steps, place };
    steps.push(step.lines?.toString() ?? "-");
    place = step.next;
  }
}

test("only whole lines are read", async () => {
  expect(await stepsOf("a\nb\nc")).toMatchObject({ steps: ["a\nb\n"], place: { offset: 4 } });
  expect(await stepsOf("")).toMatchObject({ steps: [] });
});

test("a line that is longer than a step is read whole", async () => {
  const long = `${"x".repeat(3_000_000)}\n`;
  expect((await stepsOf(`${long}a\n`)).steps.join("")).toBe(`${long}a\n`);
});

test("a line of exactly the limit is read, one byte more is passed over, and the rest is read", async () => {
  expect((await stepsOf("12345\na\n", 5)).steps).toEqual(["12345\n", "a\n"]);
  expect((await stepsOf("123456\na\n", 5)).steps).toEqual(["-", "-", "a\n"]);
  expect((await stepsOf(`${"1".repeat(20)}\na\n`, 5)).steps.at(-1)).toBe("a\n");
});

test("a line above the limit is passed over before its end is there", async () => {
  const { steps, place } = await stepsOf("a\n1234567", 5);
  expect(steps).toEqual(["a\n", "-", "-"]);
  expect(place).toEqual({ offset: 9, isInLongLine: true });
});
