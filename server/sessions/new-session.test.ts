import { expect, test } from "vitest";
import { SETUP_COMMAND_MAX_CHARACTERS } from "#lib/limits.ts";
import { newSession, sessionUpdate } from "./new-session.ts";

const session = { prompt: "Look", repository: "a/b" };

test.each([
  [{ prompt: undefined }, "prompt", "Type what the agent should do"],
  [{ prompt: 7 }, "prompt", "Type what the agent should do"],
  [{ prompt: "\u200b \u2060\u3164\n" }, "prompt", "Type what the agent should do"],
  [{ prompt: "a\ud83d" }, "prompt", "The text holds broken Unicode"],
  [{ repository: undefined }, "repository", "Name a repository"],
  [{ mode: "later" }, "mode", "The mode is async or sync"],
  [{ autoInitiate: "no" }, "autoInitiate", "This is true or false"],
  [{ branch: 1 }, "branch", "The branch is a text"],
  [{ agent: 1 }, "agent", "This is not the id of an agent"],
  [{ messageId: 1 }, "messageId", "This is not a message id"],
  [{ setupCommands: "ls" }, "setupCommands", "Setup commands are a list of texts"],
  [{ setupCommands: [1] }, "setupCommands.0", "A setup command is a text"],
  [{ setupCommands: ["ls", ""] }, "setupCommands.1", "A setup command is empty"],
  [{ setupCommands: ["ls", "a\0"] }, "setupCommands.1", "The text holds a NUL character"],
  [{ setupCommands: ["ls", "a\ud83d"] }, "setupCommands.1", "The text holds broken Unicode"],
  [{ environment: { A: "\0" } }, "environment.A", "The text holds a NUL character"],
  [{ environment: { A: "\udc00a" } }, "environment.A", "The text holds broken Unicode"],
  [
    { environment: { "A\ud83d": "b" } },
    "environment.A\ud83d",
    "Names of variables are letters, digits and underscores",
  ],
  [{ environment: [] }, "environment", "Variables are names with their values"],
  [{ environment: { A: 1 } }, "environment.A", "The value of a variable is a text"],
  [{ color: "red" }, "", 'There is no field "color"'],
])("%j is refused in plain words at its field", (change, field, message) => {
  const { error } = newSession.safeParse({ ...session, ...change });
  expect(error?.issues).toHaveLength(1);
  expect(error?.issues[0]?.path.join(".")).toBe(field);
  expect(error?.issues[0]?.message).toBe(message);
});

test("a setup command that is too long is told how long it may be", () => {
  const setupCommands = ["x".repeat(SETUP_COMMAND_MAX_CHARACTERS + 1)];
  expect(newSession.safeParse({ ...session, setupCommands }).error?.issues).toMatchObject([
    { path: ["setupCommands", 0], message: "A setup command is longer than 4,096 characters" },
  ]);
});

test("something that is no object is told what is wanted", () => {
  expect(newSession.safeParse([]).error?.issues[0]?.message).toBe("The request is not an object");
  expect(sessionUpdate.safeParse(null).error?.issues[0]?.message).toBe(
    "The request is not an object",
  );
});

test.each(["👍", "a\u200b", "e\u0301"])("%j is a prompt", (prompt) => {
  expect(newSession.safeParse({ ...session, prompt }).success).toBe(true);
});
