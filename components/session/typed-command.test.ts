import { expect, test } from "vitest";
import { findCommands, readTypedCommand } from "./typed-command.ts";

const command = (name: string) => ({ name, description: "", hint: null });

test.each([
  ["/", ""],
  ["/tou", "tou"],
  ["/tour ", null],
  ["/tour\n", null],
  [" /tour", null],
  ["see /tour", null],
  ["", null],
])("%j is typed as %j", (text, typed) => {
  expect(readTypedCommand(text)).toBe(typed);
});

test("commands that begin with it come before those that hold it", () => {
  const commands = [command("review"), command("preview"), command("re-do"), command("tour")];
  expect(findCommands(commands, "Re").map(({ name }) => name)).toEqual([
    "review",
    "re-do",
    "preview",
  ]);
  expect(findCommands(commands, "")).toHaveLength(4);
});
