import { isAppError } from "#lib/errors.ts";
import { expect, test } from "vitest";
import { lastOf, loadFixture, outline, readAll, toMessages } from "../testing/read-fixture.ts";
import { linesOf } from "../testing/lines.ts";

const read = async (name: string) => readAll(await loadFixture(name));

test("a document becomes a session with its prompts, thoughts, texts and calls", async () => {
  const found = await read("gemini-document.txt");
  const messages = toMessages(found);
  expect(found).toMatchObject({ error: null, progress: { format: "gemini" } });
  expect(outline(messages).slice(0, 10)).toEqual([
    "user text",
    "assistant reasoning",
    "assistant tool list_directory completed",
    "assistant reasoning",
    "assistant text",
    "assistant tool write completed",
    "assistant reasoning",
    "assistant text",
    "user text",
    "assistant reasoning",
  ]);
  expect(messages).toHaveLength(12);
  expect(messages[2]?.info).toMatchObject({
    modelID: "gemini-2.5-pro",
    providerID: "google",
    tokens: { input: 4_042, output: 170, reasoning: 48, cache: { read: 1_381, write: 0 } },
  });
  const calls = messages.flatMap(({ parts }) => parts.filter(({ type }) => type === "tool"));
  expect(calls.map(({ state }) => state.status)).toEqual([
    "completed",
    "completed",
    "error",
    "error",
    "completed",
    "completed",
    "completed",
    "completed",
  ]);
  expect(calls[3].state.error).toBe("Path must be absolute: .");
  expect(lastOf(found, "session").title).toMatch(/^Can you make me an ai agent in python/);
});

test("lines: a message that is written again replaces what it was, what was typed is shown", async () => {
  const found = await read("gemini-lines.jsonl");
  const messages = toMessages(found);
  const ids = found.elements.filter(({ type }) => type === "message").map((each) => each.messageId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(messages.find(({ info }) => info.role === "user")?.parts).toMatchObject([
    { text: "/init" },
    { synthetic: true },
  ]);
  const edit = messages.flatMap(({ parts }) => parts).find(({ tool }) => tool === "edit");
  expect(edit.state.metadata.fileDiff).toContain("uv run");
  expect(outline(messages).at(-1)).toBe("system text");
  expect(messages.at(-1)?.parts[0].metadata.notice.title).toBe("Request cancelled.");
});

const header = { sessionId: "g", projectHash: "h", startTime: "2026-01-01T00:00:00Z" };
const user = (id: string, content: unknown) => ({
  id,
  timestamp: "2026-01-01T00:00:01Z",
  type: "user",
  content,
});

test("a list of messages in a change is read like messages, and going back is told", async () => {
  const found = await readAll(
    linesOf([
      header,
      {
        $set: {
          messages: [
            user("a", "one"),
            user("b", [{ inlineData: { mimeType: "image/png", data: "iVBO" } }]),
          ],
        },
      },
      { $rewindTo: "b" },
      { $set: { summary: "What it was about" } },
    ]),
  );
  const messages = toMessages(found);
  expect(messages.map(({ parts }) => parts[0].type)).toEqual(["text", "file", "text"]);
  expect(messages[1]?.parts[0].url).toBe("data:image/png;base64,iVBO");
  expect(lastOf(found, "session").title).toBe("What it was about");
});

test("a document that ends in the middle fails behind the messages that are whole", async () => {
  const document = JSON.stringify({ ...header, messages: [user("a", "one"), user("b", "two")] });
  const { elements, error } = await readAll(Buffer.from(document.slice(0, -20)));
  expect(isAppError(error) && error.details["fault"]).toBe("truncated");
  expect(elements.filter(({ type }) => type === "message")).toHaveLength(1);
});

test("what follows a document, or is no JSON around its messages, fails it", async () => {
  const document = JSON.stringify({ ...header, messages: [user("a", "one")] });
  for (const [text, fault] of [
    [`${document} more`, "trailing"],
    [`${document}}`, "trailing"],
    [document.replace('"startTime":', '"startTime"'), "not_json"],
  ] as const) {
    const { error } = await readAll(Buffer.from(text));
    expect(isAppError(error) && error.details["fault"], text).toBe(fault);
  }
});

test("what stands among the messages and is none is a skip each, however the document is cut", async () => {
  const others = [1, 'a,]\\"b', null, [1, { id: "x" }, []], true, -1.5e3];
  const [one, two] = [user("a", "one"), user("b", "two")];
  const messages = [...others, one, ...others, two, false];
  for (const indent of [0, 2])
    for (const chunkBytes of [1, 2, 7, 65_536]) {
      const document = JSON.stringify({ ...header, messages, last: 1 }, null, indent);
      const found = await readAll(Buffer.from(document), chunkBytes);
      expect(found.error).toBeNull();
      expect(toMessages(found).map(({ parts }) => parts[0].text)).toEqual(["one", "two"]);
      const skipped = found.elements.filter(({ kind }) => kind === "skipped");
      expect(skipped.map(({ reason }) => reason)).toEqual(
        Array.from({ length: 13 }, () => "The record is not an object"),
      );
      expect(document.slice(skipped[1]?.offset).startsWith(JSON.stringify(others[1]))).toBe(true);
    }
});

test("a byte order mark before a document is no fault", async () => {
  const document = JSON.stringify({ ...header, messages: [user("a", "one")] });
  const found = await readAll(Buffer.from(`\ufeff${document}`));
  expect(found.error).toBeNull();
  expect(toMessages(found)).toHaveLength(1);
});

test("documents on the lines of one file are not read as one session", async () => {
  const document = JSON.stringify({ ...header, messages: [user("a", "one")] });
  const { progress } = await readAll(Buffer.from(`${document}\n${document}\n`), 16);
  expect(progress.format).not.toBe("gemini");
  const one = await readAll(Buffer.from(`${document}\n`), 16);
  expect(one).toMatchObject({ error: null, progress: { format: "gemini" } });
});
