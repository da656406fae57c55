import { expect, test } from "vitest";
import { createTerminal } from "./terminal.ts";

function createOutput(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  const stderr = { isTTY, columns, write: (text: string) => written.push(text) };
  const output = { stdout: stderr, stderr } as unknown as Pick<NodeJS.Process, "stdout" | "stderr">;
  return { written, terminal: createTerminal(output) };
}

test.each([
  [0, "........................"],
  [0.5, "############............"],
  [1, "########################"],
  [7, "########################"],
  [Number.NaN, "........................"],
])("a bar shows that %d is done", (share, bar) => {
  const { written, terminal } = createOutput(true);
  terminal.progress("3 of 6", share);
  expect(written).toEqual([`\r\u001B[K[${bar}] 3 of 6`]);
});

test("a line never takes more than the terminal has, and ends before the next word", () => {
  const { written, terminal } = createOutput(true, 12);
  terminal.progress("3 of 6 lines done");
  terminal.note("Done");
  expect(written).toEqual(["\r\u001B[K3 of 6 line", "\n", "Done\n"]);
});

test("where there is no terminal, lines come now and then, without a bar", () => {
  const { written, terminal } = createOutput(false);
  terminal.progress("3 of 6", 0.5);
  terminal.progress("4 of 6", 0.6);
  expect(written).toEqual(["3 of 6\n"]);
});
