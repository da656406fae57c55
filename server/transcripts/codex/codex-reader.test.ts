import { expect, test } from "vitest";
import { lastOf, loadFixture, outline, readAll, toMessages } from "../testing/read-fixture.ts";
import { linesOf } from "../testing/lines.ts";

const read = async (name: string) => readAll(await loadFixture(name));

test("each answer of the model has its thought, its call and what it took; events that repeat it add nothing", async () => {
  const found = await read("codex-shell.jsonl");
  const messages = toMessages(found);
  expect(found.progress.format).toBe("codex");
  expect(outline(messages)).toEqual([
    "user text",
    "assistant reasoning",
    "assistant tool update_plan completed",
    "assistant reasoning",
    "assistant tool bash completed",
    "assistant reasoning",
    "assistant tool bash completed",
    "assistant reasoning",
    "assistant tool bash completed",
  ]);
  const answers = messages.filter(({ info }) => info.role === "assistant");
  expect(answers[0]?.info).toMatchObject({
    modelID: "gpt-5-codex",
    providerID: "openai",
    tokens: { input: 243, output: 77, reasoning: 128, cache: { read: 2_560, write: 0 } },
  });
  expect(answers[1]?.parts[1].state).toMatchObject({
    input: { command: ["bash", "-lc", "ls"] },
    metadata: { exitCode: 0 },
  });
  expect(answers[1]?.parts[1].state.output).toMatch(/^CLAUDE\.md\nREADME\.md\n/);
});

test("the session has its folder, branch and repository, and what was asked as its title", async () => {
  const found = await read("codex-shell.jsonl");
  expect(lastOf(found, "session")).toMatchObject({
    directory: "/Users/jnarowski/Dev/spectora/src/spectora-labs-monorepo-v2",
    version: "0.40.0",
  });
  expect(lastOf(found, "session").title).toMatch(/^I want to migrate this app from @supabase/);
  expect(lastOf(found, "kilo_meta")).toEqual({
    gitUrl: "git@github.com:spectorasoftware/spectora-labs-monorepo-v2.git",
    gitBranch: "main",
  });
});

test("patches show what they changed, those that failed say so, a result without its call is kept", async () => {
  const messages = toMessages(await read("codex-patch.jsonl"));
  const parts = messages.flatMap((message) => message.parts);
  const [done, failed] = parts.filter(({ tool }) => tool === "edit");
  expect(done.state.metadata.files[0].path).toMatch(/docs\/RELEASE_NOTES\.md$/);
  expect(done.state.metadata.files[0].patch).toContain("+# Release Notes");
  expect(failed.state).toMatchObject({ status: "error" });
  expect(failed.state.error).toContain("context mismatch");
  expect(parts.find(({ type }) => type === "update")).toMatchObject({
    kind: "function_call_output",
    data: { output: "Plan updated" },
  });
});

const at = (second: number, type: string, payload: object) => ({
  timestamp: new Date(1_700_000_000_000 + 1_000 * second).toISOString(),
  type,
  payload,
});
const usage = (input: number) => ({
  total_token_usage: { input_tokens: input },
  last_token_usage: { input_tokens: input, cached_input_tokens: 0, output_tokens: 1 },
});

test("a count that comes behind an answer is that answer's, and one that comes again is not counted", async () => {
  const found = await readAll(
    linesOf([
      at(1, "session_meta", { id: "s" }),
      at(2, "response_item", message("user", "input_text", "do it")),
      at(3, "response_item", {
        type: "function_call",
        name: "shell",
        arguments: "{}",
        call_id: "a",
      }),
      at(4, "event_msg", { type: "token_count", info: usage(10) }),
      at(5, "event_msg", { type: "token_count", info: usage(10) }),
      at(6, "response_item", { type: "function_call_output", call_id: "a", output: "ok" }),
      at(7, "response_item", message("assistant", "output_text", "done")),
      at(8, "event_msg", { type: "token_count", info: usage(20) }),
    ]),
  );
  const tokens = toMessages(found).map(({ info }) => info.tokens?.input);
  expect(tokens).toEqual([undefined, 10, 20]);
});

const message = (role: string, type: string, text: string) => ({
  type: "message",
  role,
  content: [{ type, text }],
});

test("an event that no item repeats is told, a stop ends the answer, unknown ones are kept", async () => {
  const found = await readAll(
    linesOf([
      at(1, "session_meta", {
        id: "s",
        source: { subagent: { thread_spawn: { parent_thread_id: "p" } } },
      }),
      at(2, "event_msg", {
        type: "user_message",
        message: "do it",
        images: ["data:image/png;base64,iVBO"],
      }),
      at(3, "response_item", message("user", "input_text", "do it")),
      at(4, "event_msg", { type: "agent_message", message: "I begin" }),
      at(5, "event_msg", { type: "turn_aborted", reason: "interrupted" }),
      at(6, "event_msg", { type: "telepathy", message: "hm" }),
      at(7, "compacted", { message: "what went before" }),
      at(8, "event_msg", { type: "thread_name_updated", thread_name: "Named" }),
    ]),
  );
  const messages = toMessages(found);
  expect(outline(messages)).toEqual([
    "user text",
    "user file",
    "assistant text",
    "system update",
    "system compaction",
  ]);
  expect(messages[1]?.info.error.name).toBe("MessageAbortedError");
  expect(lastOf(found, "session")).toMatchObject({ title: "Named", parentID: "p" });
});
