import { describe, expect, test } from "vitest";
import { findBroughtName, findExportedTitle, SESSION_HEAD_BYTES } from "./brought-session.ts";

const find = (text: string) => findBroughtName(new TextEncoder().encode(text));
const lines = (...objects: object[]) => objects.map((one) => `${JSON.stringify(one)}\n`).join("");

const uuid = "0f9d3c52-11aa-4b7e-9c1d-5a2f60c4e7b8";
const own = "ses_0123456789abABCDEFGHIJKLMN";
const message = { info: { id: "msg_1", role: "user", sessionID: own }, parts: [] };

const known: [string, string, object][] = [
  [
    "a snapshot",
    JSON.stringify({ info: { title: "Pears", id: "abc" }, messages: [message] }),
    { source: "snapshot", externalId: "abc" },
  ],
  [
    "a snapshot with an id of our pattern",
    JSON.stringify({ info: { id: own }, messages: [] }, null, 2),
    { sessionId: own, source: "snapshot", externalId: own },
  ],
  [
    "data with its session",
    JSON.stringify({
      data: [
        { type: "x", data: {} },
        { type: "session", data: { id: "abc" } },
      ],
    }),
    { source: "snapshot", externalId: "abc" },
  ],
  [
    "an array with its session",
    JSON.stringify([{ type: "session", data: { id: "abc" } }]),
    { source: "snapshot", externalId: "abc" },
  ],
  [
    "lines with their session",
    lines({ type: "x", data: {} }, { type: "session", data: { id: "abc" } }),
    { source: "snapshot", externalId: "abc" },
  ],
  [
    "lines of Claude Code",
    lines(
      { type: "summary", summary: "Pears", leafUuid: uuid },
      { parentUuid: null, sessionId: uuid, type: "user", uuid: "u" },
    ),
    { source: "claude", externalId: uuid },
  ],
  [
    "a sub-agent of Claude Code",
    lines({ isSidechain: true, agentId: "a1", sessionId: uuid, type: "user", uuid: "u" }),
    { source: "claude", externalId: `${uuid}/a1` },
  ],
  [
    "lines of Codex",
    lines({ type: "session_meta", payload: { id: uuid, cwd: "/" } }, { type: "event_msg" }),
    { source: "codex", externalId: uuid },
  ],
  [
    "a document of Gemini",
    JSON.stringify({ sessionId: uuid, projectHash: "ff", messages: [] }, null, 2),
    { source: "gemini", externalId: uuid },
  ],
  [
    "lines of Gemini",
    lines({ sessionId: uuid, projectHash: "ff", kind: "main" }, { id: "x", type: "info" }),
    { source: "gemini", externalId: uuid },
  ],
];

describe.each(known)("%s", (_, text, name) => {
  test("names its session", () => {
    expect(find(text)).toEqual(name);
    expect(find(` \n${text}`)).toEqual(name);
  });

  test("names it, or nothing, when it is cut anywhere", () => {
    const bytes = new TextEncoder().encode(text);
    for (let length = 0; length < bytes.byteLength; length += 1) {
      const found = findBroughtName(bytes.subarray(0, length));
      if (found) expect(found).toEqual(name);
    }
  });
});

test.each([
  ["", "nothing"],
  ["{", "half a thing"],
  ["[1,2]", "numbers"],
  [JSON.stringify(message), "a message"],
  [lines(message, message), "messages"],
  [JSON.stringify({ info: { id: "" }, messages: [] }), "an empty id"],
  [JSON.stringify({ info: { id: "x".repeat(257) } }), "an id that is too long"],
  [JSON.stringify({ info: { id: "a\u0000b" } }), "an id with a NUL"],
  [JSON.stringify({ info: { id: 7 } }), "an id that is a number"],
  [lines({ type: "user", sessionId: "mine" }), "a session id of no known kind"],
  ["\u001f\u008b\u0000", "no text"],
])("%j names none: %s", (text) => {
  expect(find(text)).toBeNull();
});

test("a head of the greatest size, of one long line or of many short ones, is read in a moment", () => {
  const long = `{"a":"${"x".repeat(SESSION_HEAD_BYTES)}`;
  const nested = "[{".repeat(SESSION_HEAD_BYTES / 2);
  const many = "{}\n".repeat(SESSION_HEAD_BYTES / 3);
  for (const text of [long, nested, many]) {
    const begin = performance.now();
    expect(find(text)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(1_000);
  }
});

test("an NDJSON export of ours tells its title, other files do not (#4)", () => {
  const title = (text: string) => findExportedTitle(new TextEncoder().encode(text));
  const head = { type: "millrace_export", data: { version: 1, title: "Pears" } };
  expect(title(lines(head, { type: "message", data: {} }))).toBe("Pears");
  expect(title(lines({ ...head, data: { title: " " } }, head))).toBeNull();
  expect(title(lines({ type: "session", data: { title: "Pears" } }, head))).toBeNull();
  expect(title("\0\0")).toBeNull();
});
