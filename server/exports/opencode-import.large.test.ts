import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentSnapshot, withoutOwnMembers } from "#e2e/support/agent-snapshot.ts";
import { fetchAgent } from "#e2e/support/fetch-agent.ts";
import { startModelServer } from "#e2e/support/model-server.ts";
import { openCodeEnvironment } from "#e2e/support/opencode-environment.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { connectAgent } from "#server/agents/agent-connection.ts";
import { listAgentDefinitions } from "#server/agents/agent-registry.ts";
import type { TurnEnd } from "#server/executions/end-turn.ts";
import { readRecordedSession } from "#server/executions/read-recorded-session.ts";
import { createTurnRecorder, type TurnRecorder } from "#server/executions/turn-recorder.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { createMessageId } from "#lib/ids.ts";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { useExportTest } from "./testing/use-export-test.ts";

const { harness, read } = useExportTest();
const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 120_000;
let binary: string;
let folder: string;

beforeAll(async () => {
  binary = join(await fetchAgent("opencode"), "opencode");
  folder = await mkdtemp(join(tmpdir(), "millrace-opencode-import-"));
  await mkdir(join(folder, "workspace"));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

type Body = Record<string, unknown>;

/** An OpenCode that knows nothing yet but what an earlier call with the same home did. */
async function openCode(home: string, args: string[], modelUrl = "http://127.0.0.1:9") {
  const running = run(binary, args, {
    timeout: COMMAND_TIMEOUT_MS,
    cwd: join(folder, "workspace"),
    maxBuffer: 64 * 1024 * 1024,
    env: {
      NODE_ENV: "production",
      PATH: process.env["PATH"],
      HOME: join(folder, home),
      XDG_DATA_HOME: join(folder, home, "data"),
      ...openCodeEnvironment(modelUrl),
    },
  });
  // It reads what it is given there before it begins.
  running.child.stdin?.end();
  return (await running).stdout;
}

const exportFrom = async (home: string, sessionId: string) => {
  const text = await openCode(home, ["export", sessionId]);
  return JSON.parse(text.slice(text.indexOf("{"))) as AgentSnapshot;
};

const itemsOf = ({ info, messages }: AgentSnapshot): ItemInput[] => [
  { type: "session", messageId: "", partId: "", body: JSON.stringify(info) },
  ...messages.flatMap(({ info: message, parts }) => [
    { type: "message", messageId: message.id, partId: "", body: JSON.stringify(message) },
    ...parts.map((part) => ({
      type: "part",
      messageId: part.messageID,
      partId: part.id,
      body: JSON.stringify(part),
    })),
  ]),
];

test("OpenCode imports an export of its own session, and has what it had", async () => {
  const model = await startModelServer({
    script: [
      {
        text: "I look.",
        toolCalls: [{ name: "bash", arguments: { command: "echo pears", description: "Look" } }],
      },
      { text: "There are pears." },
    ],
  });
  try {
    await openCode("first", ["run", "What is there?"], model.url);
  } finally {
    await model.close();
  }
  const list = await openCode("first", ["session", "list", "--format", "json"]);
  const [{ id }] = JSON.parse(list) as [{ id: string }];
  const original = await exportFrom("first", id);
  expect(original.messages.length).toBeGreaterThan(1);
  await harness.write(itemsOf(original));
  const path = join(folder, "ours.json");
  await writeFile(path, await read());
  const said = await openCode("second", ["import", path]);
  expect(said).toContain(`Imported session: ${id}`);
  expect(await exportFrom("second", id)).toEqual(original);

  // What is left out has a marker in its place that OpenCode takes, too.
  const last = original.messages.at(-1)!;
  const body = { ...last.parts[0], type: "text", text: "y".repeat(2_100_000), id: "prt_zzz" };
  const far = { type: "part", messageId: last.info.id, partId: "prt_zzz" };
  await harness.write([{ ...far, body: JSON.stringify(body) }]);
  await writeFile(path, await read({ refs: "omit" }));
  expect(await openCode("third", ["import", path])).toContain(`Imported session: ${id}`);
  const marked = (await exportFrom("third", id)).messages.at(-1)!;
  expect(marked.parts.at(-1)).toMatchObject({ id: "prt_zzz", type: "text", synthetic: true });
});

/** Records a turn of the session as an actor does. */
async function record(modelId: string | null, take: (recorder: TurnRecorder) => Promise<TurnEnd>) {
  const { context, session } = harness;
  const recorder = createTurnRecorder({
    sessionId: session.sessionId,
    promptMessageId: createMessageId(),
    promptText: "What is there?",
    agentLabel: "Scripted",
    modelId,
    session: await readRecordedSession(context.database, session),
    writeItems: async (items) => void (await harness.write(items)),
    publish: () => {},
  });
  await recorder.finish(await take(recorder));
}

async function tour(recorder: TurnRecorder): Promise<TurnEnd> {
  const cwd = join(folder, "workspace");
  const connection = await connectAgent({
    sandbox: createProcessSandbox(),
    agent: listAgentDefinitions()[0]!,
    cwd,
    homePath: join(folder, "tour-home"),
    environment: {},
    log,
  });
  try {
    const { sessionId } = await connection.newSession({ cwd });
    const blocks = [{ type: "text" as const, text: "What is there?" }];
    const signal = new AbortController().signal;
    return await connection.prompt({ sessionId, blocks, onUpdate: recorder.onUpdate, signal });
  } finally {
    await connection.stop();
  }
}

const picture = { type: "image", mimeType: "image/png", data: "AAAA" };
const call = (toolCallId: string, more: Body): AgentUpdate => ({
  sessionUpdate: "tool_call_update",
  toolCallId,
  ...more,
});
const updates: AgentUpdate[] = [
  { sessionUpdate: "session_info_update", title: "Pears" },
  { sessionUpdate: "agent_thought_chunk", content: { type: "text", text: "Hm" } },
  { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "I look" } },
  { sessionUpdate: "agent_message_chunk", content: picture },
  { sessionUpdate: "plan", entries: [{ content: "Look", status: "in_progress" }] },
  call("edit", {
    kind: "edit",
    status: "completed",
    rawInput: "pears",
    locations: [{ path: "/w/a", line: 3 }],
    content: [
      { type: "diff", path: "/w/a", oldText: null, newText: "y" },
      { type: "content", content: picture },
    ],
  }),
  call("ls", { title: "ls", status: "failed", rawOutput: { output: "none", exit_code: 2 } }),
  call("open", { title: "sleep", status: "in_progress" }),
  call("asked", { title: "rm", rawInput: { command: "rm" } }),
  { sessionUpdate: "notice", severity: "warning", title: "Ripe", description: "Soon gone" },
  { sessionUpdate: "compaction_update", compactionId: "c", status: "completed" },
  { sessionUpdate: "usage_update", used: 1, size: 9, cost: { amount: 0.5, currency: "USD" } },
];

test("OpenCode imports what was recorded here, has what it has a place for, and goes on with it", async () => {
  await record("scripted/scripted-1", tour);
  const say = async (recorder: TurnRecorder) => {
    for (const update of updates) await recorder.onUpdate(update);
  };
  const path = join(folder, "recorded.json");
  await record("one", async (recorder) => {
    await say(recorder);
    await expect.poll(() => read()).toContain('"status":"pending"');
    await writeFile(path, await read());
    expect(await openCode("fifth", ["import", path])).toContain("Imported session: ses_");
    return { error: new Error("broken") };
  });
  await record(null, (recorder) =>
    say(recorder).then(() => ({ stopReason: "end_turn", usage: { inputTokens: 5 } })),
  );
  await record("one", (recorder) => say(recorder).then(() => ({ stopReason: "cancelled" })));
  const text = await read();
  const ours = JSON.parse(text) as AgentSnapshot;
  const { id } = ours.info;
  expect(ours.info).toMatchObject({ id: harness.session.sessionId, title: "Pears" });
  await writeFile(path, text);
  expect(await openCode("fourth", ["import", path])).toContain(`Imported session: ${id}`);
  const theirs = await exportFrom("fourth", id);
  expect(withoutOwnMembers(theirs)).toEqual(withoutOwnMembers(ours));

  const model = await startModelServer({ script: [] });
  try {
    const args = ["run", "--session", id, "--model", "scripted/scripted-1", "Go on"];
    await openCode("fourth", args, model.url);
  } finally {
    await model.close();
  }
  const { messages } = await exportFrom("fourth", id);
  expect(messages.length).toBe(theirs.messages.length + 2);
});
