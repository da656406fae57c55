/**
 * The built-in agent: a real ACP process that tours a repository without a model. It runs in the sandbox like any
 * other agent, so it imports nothing of the server and reads its own environment.
 */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import {
  agent,
  type AgentContext,
  type ContentBlock,
  ndJsonStream,
  PROTOCOL_VERSION,
  RequestError,
} from "@agentclientprotocol/sdk";
import { answerBySearch } from "./answer-by-search.ts";
import { availableCommands, readCommand } from "./commands.ts";
import { createTestSettings, describeFiles } from "./test-settings.ts";
import { runTestHooks } from "./test-hooks.ts";
import { REPORT_NAME, runTour } from "./tour.ts";
import { createTurn, type Turn } from "./turn.ts";

const CHUNK_DELAY_MS = 8;

interface TourSession {
  cwd: string;
  promptCount: number;
  settings: ReturnType<typeof createTestSettings>;
  /** Aborts the turn that runs. */
  controller: AbortController;
}

// oxlint-disable-next-line node/no-process-env -- not the server's process
const { MILLRACE_BUILT_IN_TEST: testMode, MILLRACE_BUILT_IN_START: startBehaviour } = process.env;
const isTest = testMode === "1";
const sessions = new Map<string, TourSession>();

if (isTest) await misbehaveAtStart(startBehaviour);

const { closed } = agent({ name: "millrace-tour" })
  .onRequest("initialize", () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentInfo: { name: "millrace-tour", title: "Repository tour", version: "0.1.0" },
    agentCapabilities: { loadSession: true, promptCapabilities: { image: isTest } },
    authMethods: [],
  }))
  .onRequest("session/new", async ({ params, client }) => {
    const sessionId = randomUUID();
    const settings = openSession(sessionId, params.cwd, 0);
    await tellCommands(client, sessionId);
    return { sessionId, ...settings };
  })
  .onRequest("session/set_mode", ({ params }) => {
    sessionOf(params.sessionId).settings.setMode(params.modeId);
    return {};
  })
  .onRequest("session/set_config_option", ({ params }) => {
    const { settings } = sessionOf(params.sessionId);
    settings.setModel(String(params.value));
    return { configOptions: settings.configOptions() };
  })
  .onRequest("session/load", async ({ params, client }) => {
    // Nothing is remembered between processes, but a report shows that the tour is done.
    const report = await stat(join(params.cwd, REPORT_NAME)).catch(() => null);
    const settings = openSession(params.sessionId, params.cwd, report ? 1 : 0);
    await tellCommands(client, params.sessionId);
    return settings;
  })
  .onNotification("session/cancel", ({ params }) =>
    sessions.get(params.sessionId)?.controller.abort(),
  )
  .onRequest("session/prompt", async ({ params, client }) => {
    const session = sessionOf(params.sessionId);
    session.controller = new AbortController();
    const { signal } = session.controller;
    const chunkDelayMs = isTest ? 0 : CHUNK_DELAY_MS;
    const turn = createTurn({
      client,
      sessionId: params.sessionId,
      cwd: session.cwd,
      signal,
      chunkDelayMs,
    });
    try {
      await answer(turn, session, params.prompt);
      return { stopReason: "end_turn" };
    } catch (error) {
      if (signal.aborted) return { stopReason: "cancelled" };
      throw RequestError.internalError(
        undefined,
        error instanceof Error ? error.message : String(error),
      );
    }
  })
  .connect(
    ndJsonStream(
      Writable.toWeb(process.stdout),
      Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>,
    ),
  );

// Whoever started us is gone.
await closed;
process.exit(0);

/** Answers what can be chosen in it, which is for tests alone. */
function openSession(sessionId: string, cwd: string, promptCount: number) {
  const settings = createTestSettings();
  sessions.set(sessionId, { cwd, promptCount, settings, controller: new AbortController() });
  return isTest ? { modes: settings.modes(), configOptions: settings.configOptions() } : {};
}

function sessionOf(sessionId: string): TourSession {
  const session = sessions.get(sessionId);
  if (!session) throw RequestError.sessionNotFound(sessionId);
  return session;
}

function tellCommands(client: AgentContext, sessionId: string): Promise<void> {
  const update = { sessionUpdate: "available_commands_update" as const, availableCommands };
  return client.notify("session/update", { sessionId, update });
}

async function answer(turn: Turn, session: TourSession, blocks: ContentBlock[]): Promise<void> {
  const prompt = promptText(blocks);
  const rest = isTest ? await runTestHooks(turn, prompt) : prompt;
  if (isTest && rest === "@settings") return turn.say(`${session.settings.describe()}\n`);
  if (isTest && rest === "@files") return turn.say(`${await describeFiles(blocks)}\n`);
  if (isTest && rest === "") return turn.say("Done.\n");
  session.promptCount += 1;
  const command = readCommand(rest);
  if (command?.name === "tour") return runTour(turn, command.rest);
  if (command?.name === "search") return answerBySearch(turn, command.rest);
  return session.promptCount === 1 ? runTour(turn, rest) : answerBySearch(turn, rest);
}

function promptText(blocks: ContentBlock[]): string {
  return blocks.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}

/** `exit 3`, `hang`, or nothing. */
async function misbehaveAtStart(behaviour = ""): Promise<void> {
  const [name, code] = behaviour.split(" ");
  if (name === "exit") {
    process.stderr.write("The test asked for this exit\n");
    process.exit(Number(code));
  }
  if (name === "hang") await new Promise(() => setInterval(() => {}, 60_000));
}
