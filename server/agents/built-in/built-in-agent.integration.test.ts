import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import type { ToolState } from "#server/executions/canonical-items.ts";
import { createTurnRecorder } from "#server/executions/turn-recorder.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { type AgentConnection, connectAgent } from "../agent-connection.ts";
import { listAgentDefinitions } from "../agent-registry.ts";

let folder: string;
let workspace: string;
const open: AgentConnection[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tour-"));
  workspace = join(folder, "workspace");
  await mkdir(workspace);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.stop({ graceMs: 0 })));
  await rm(folder, { recursive: true, force: true });
});

function git(...args: string[]): void {
  execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], {
    cwd: workspace,
  });
}

async function createRepository(): Promise<void> {
  await mkdir(join(workspace, "src"));
  await writeFile(
    join(workspace, "src/server.ts"),
    "// TODO: answer health checks\nexport const port = 80;\n",
  );
  await writeFile(join(workspace, "README.md"), "# Water mill\n\nGrinds *grain*.\n");
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "Add the mill wheel");
}

async function connect(environment: Record<string, string> = {}) {
  const agent = listAgentDefinitions()[0]!;
  const connection = await connectAgent({
    sandbox: createProcessSandbox(),
    agent,
    cwd: folder,
    homePath: join(folder, "home"),
    environment: { MILLRACE_BUILT_IN_TEST: "1", ...environment },
    log,
  });
  open.push(connection);
  return connection;
}

/** What the tests look at in stored items. */
interface StoredPart {
  type: string;
  messageID?: string;
  text: string;
  tool: string;
  state: ToolState;
}

/** A whole turn through connection and recorder; its tools are as last stored. */
async function runTurn(
  { connection, sessionId }: { connection: AgentConnection; sessionId: string },
  promptText: string,
  signal = new AbortController().signal,
) {
  const items = new Map<string, StoredPart>();
  const promptMessageId = createMessageId();
  const recorder = createTurnRecorder({
    sessionId,
    promptMessageId,
    promptText,
    agentLabel: "Repository tour",
    async writeItems(written: ItemInput[]) {
      for (const item of written)
        items.set(item.partId || item.messageId, JSON.parse(String(item.body)));
    },
    publish: () => {},
  });
  const blocks = [{ type: "text" as const, text: promptText }];
  const result = await connection.prompt({
    sessionId,
    blocks,
    onUpdate: recorder.onUpdate,
    signal,
  });
  await recorder.finish(result);
  const parts = [...items.values()].filter(
    ({ messageID }) => messageID && messageID !== promptMessageId,
  );
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return { result, text, tools: parts.filter(({ type }) => type === "tool") };
}

test("tours a git repository with real tools, says what it is, and writes a report", async () => {
  await createRepository();
  const connection = await connect();
  const { sessionId } = await connection.newSession({ cwd: workspace });
  const { result, text, tools } = await runTurn({ connection, sessionId }, "Add a health check");

  expect(result.stopReason).toBe("end_turn");
  expect(text).toContain("I do not use a language model");
  expect(text).toContain("> Add a health check");
  expect(text).toContain("Ada: Add the mill wheel");
  expect(text).toContain("| TypeScript | 1 |");
  expect(text).toContain("`src/server.ts:1` // TODO: answer health checks");
  expect(text).toContain("# Water mill");
  expect(tools.map(({ tool, state }) => [tool, state.status])).toEqual([
    ["todowrite", "completed"],
    ["search", "completed"],
    ["bash", "completed"],
    ["read", "completed"],
    ["read", "completed"],
    ["search", "completed"],
    ["search", "completed"],
    ["read", "completed"],
    ["write", "completed"],
  ]);
  const report = await readFile(join(workspace, "MILLRACE-TOUR.md"), "utf8");
  expect(report).toContain("Add the mill wheel");
  expect(tools.at(-1)?.state.metadata.diffs).toEqual([
    { path: join(workspace, "MILLRACE-TOUR.md"), oldText: null, newText: report },
  ]);
  expect(tools[0]?.state.input["todos"]).toHaveLength(7);
});

test("a further prompt is answered by a search for its words", async () => {
  await createRepository();
  const connection = await connect();
  const { sessionId } = await connection.newSession({ cwd: workspace });
  await runTurn({ connection, sessionId }, "Tour");
  const { text, tools } = await runTurn({ connection, sessionId }, "Where is the grain?");
  expect(tools).toHaveLength(1);
  expect(text).toContain("`README.md:3`");
});

test("a loaded session that has its report goes on with answers, without repeating anything", async () => {
  await createRepository();
  await writeFile(join(workspace, "MILLRACE-TOUR.md"), "done before");
  const connection = await connect();
  await connection.loadSession({ sessionId: "some-session", cwd: workspace });
  const { tools } = await runTurn({ connection, sessionId: "some-session" }, "grain");
  expect(tools.map(({ state }) => state.title)).toEqual(["Search for grain"]);
});

test("an empty repository and a folder without git are toured too", async () => {
  git("init", "-q", "-b", "main");
  const connection = await connect();
  const empty = await connection.newSession({ cwd: workspace });
  const first = await runTurn({ connection, ...empty }, "Look");
  expect(first.text).toContain("There are no commits yet.");
  expect(first.text).toContain("There are no files yet.");

  const plain = join(folder, "plain");
  await mkdir(plain);
  await writeFile(join(plain, "a.py"), "print()\n");
  const { sessionId } = await connection.newSession({ cwd: plain });
  const second = await runTurn({ connection, sessionId }, "Look");
  expect(second.text).toContain("This folder is no git repository.");
  expect(second.text).toContain("| Python | 1 |");
});

test("links are neither read nor written through", async () => {
  await writeFile(join(folder, "secret.txt"), "TODO: top secret\n");
  await symlink(join(folder, "secret.txt"), join(workspace, "link.txt"));
  await symlink(join(folder, "secret.txt"), join(workspace, "MILLRACE-TOUR.md"));
  await symlink(folder, join(workspace, "outside"));
  const connection = await connect();
  const { sessionId } = await connection.newSession({ cwd: workspace });
  const { text, tools } = await runTurn({ connection, sessionId }, "Look");
  expect(text).not.toContain("top secret");
  expect(tools.at(-1)?.state).toMatchObject({ status: "error" });
  expect(await readFile(join(folder, "secret.txt"), "utf8")).toBe("TODO: top secret\n");
});

test("cancelling ends a turn that hangs", async () => {
  const connection = await connect();
  const { sessionId } = await connection.newSession({ cwd: workspace });
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const { result } = await runTurn({ connection, sessionId }, "@hang", controller.signal);
  expect(result.stopReason).toBe("cancelled");
});

test("hooks fail, exit, flood and write as they are told", async () => {
  const connection = await connect();
  const { sessionId } = await connection.newSession({ cwd: workspace });
  await expect(runTurn({ connection, sessionId }, "@fail no more flour")).rejects.toThrow(
    "no more flour",
  );

  const { text, tools } = await runTurn({ connection, sessionId }, "@flood 10MB\n@write ../a.txt");
  expect(text).toHaveLength(10_000_000 + "Done.\n".length);
  expect(tools.map(({ state }) => state.output.length)).toEqual([10_000_000, "Written".length]);
  expect(await readFile(join(workspace, "a.txt"), "utf8")).toBe("Written by a test\n");

  await expect(
    runTurn({ connection, sessionId }, "@stderr the wheel broke\n@exit 3"),
  ).rejects.toThrow("Repository tour exited with code 3: the wheel broke");
});

test("hooks are ordinary words outside tests", async () => {
  const connection = await connect({ MILLRACE_BUILT_IN_TEST: "0" });
  const { sessionId } = await connection.newSession({ cwd: workspace });
  const { result } = await runTurn({ connection, sessionId }, "@exit 3");
  expect(result.stopReason).toBe("end_turn");
});

test("an agent that is told to exit at its start is reported", async () => {
  const started = connect({ MILLRACE_BUILT_IN_START: "exit 4" });
  await expect(started).rejects.toThrow(
    "Repository tour exited with code 4: The test asked for this exit",
  );
});
