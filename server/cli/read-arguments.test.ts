import { expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { exitCodes } from "./exit-codes.ts";
import { readArguments } from "./read-arguments.ts";

test("a file is pushed with what its options say", () => {
  const session = createSessionId();
  const args = ["push", "a.json", "--session", session, "--detach", "--server", "http://x"];
  expect(readArguments(args)).toMatchObject({
    name: "push",
    source: "a.json",
    sessionId: session,
    isDetached: true,
    isWatching: false,
    server: "http://x",
  });
});

test("a token is for ingest and 90 days unless it is said otherwise", () => {
  expect(readArguments(["token", "create"])).toEqual({
    name: "token",
    tokenName: "Command line",
    scopes: ["ingest"],
    expiresInDays: 90,
  });
  expect(readArguments(["token", "create", "--days", "never", "--scope", "read"])).toMatchObject({
    scopes: ["read"],
    expiresInDays: null,
  });
});

test("an address to sign in at is asked for by one word", () => {
  expect(readArguments(["sign-in"])).toEqual({ name: "sign-in" });
});

test.each([[[]], [["help"]], [["push", "x", "--help"]]])("%j asks for help", (args) => {
  expect(readArguments(args)).toEqual({ name: "help" });
});

test.each([
  [["pull"]],
  [["push"]],
  [["push", "a", "b"]],
  [["push", "-", "--watch"]],
  [["push", "a", "--session", "ses_1"]],
  [["push", "a", "--new", "--session", "ses_0123456789abABCDEFGHIJKLMN"]],
  [["push", "a", "--nothing"]],
  [["push", "a", "--days", "3"]],
  [["token", "create", "--watch"]],
  [["sign-in", "--server", "http://x"]],
  [["token"]],
  [["sign-in", "owner"]],
  [["token", "create", "--days", "soon"]],
])("%j is refused with words and code 2", (args) => {
  expect(() => readArguments(args)).toThrow(
    expect.objectContaining({
      exitCode: exitCodes.usage,
      message: expect.stringContaining("help"),
    }),
  );
});
