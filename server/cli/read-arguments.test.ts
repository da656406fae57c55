import { expect, test } from "vitest";
import { createBatchId, createSessionId } from "#lib/ids.ts";
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

test("a batch has a kind, a file, and what holds for all its lines", () => {
  const defaults = '{"prompt": "Fix the CI"}';
  const args = ["batch", "start", "a.ndjson", "--defaults", defaults, "--concurrency", "3"];
  expect(readArguments(args)).toMatchObject({
    name: "batch",
    kind: "start",
    sources: ["a.ndjson"],
    defaults: { prompt: "Fix the CI" },
    concurrency: 3,
    isForcedNew: false,
    isDetached: false,
  });
  expect(readArguments(["batch", "import", "a.json", "b"])).toMatchObject({
    sources: ["a.json", "b"],
    defaults: {},
    concurrency: null,
  });
});

test("a batch that is there is named, to bring lines to it or to ask of it", () => {
  const batchId = createBatchId();
  expect(readArguments(["batch", "import", "a.ndjson", "--batch", batchId])).toMatchObject({
    name: "batch",
    batchId,
  });
  for (const action of ["status", "results", "retry", "abort"])
    expect(readArguments(["batch", action, batchId])).toMatchObject({
      name: "known-batch",
      action,
      batchId,
      isDetached: false,
    });
  expect(readArguments(["batch", "retry", batchId, "--detach"])).toMatchObject({
    isDetached: true,
  });
});

test.each([
  ["import a.ndjson --batch nonsense", "not a batch id"],
  ["import a.ndjson --batch ID --new", "use either"],
  ["import a.ndjson --batch ID --concurrency 3", "was made with"],
  ["import a.ndjson --batch ID --defaults {}", "was made with"],
  ["import a.ndjson --title x", "no option --title"],
  ["status", "Name one batch"],
  ["status nonsense", "Name one batch"],
  ["results ID more", "Name one batch"],
  ["status ID --detach", "no option --detach"],
  ["abort ID --new", "no option --new"],
  ["pause ID", "start, import, status, results, retry, seal, abort"],
])("batch %s is refused", (words, message) => {
  const args = words.replace("ID", createBatchId()).split(" ");
  expect(() => readArguments(["batch", ...args])).toThrow(message);
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
  [["batch", "copy", "a"]],
  [["batch", "start"]],
  [["batch", "start", "a", "b"]],
  [["batch", "start", "a", "--defaults", "prompt"]],
  [["batch", "start", "a", "--defaults", "[]"]],
  [["batch", "start", "a", "--concurrency", "0"]],
  [["batch", "start", "a", "--concurrency", "1.5"]],
  [["batch", "start", "a", "--concurrency", "1001"]],
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
