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
  type ContentBlock,
  ndJsonStream,
  PROTOCOL_VERSION,
  RequestError,
} from "@agentclientprotocol/sdk";
import { answerBySearch } from "./answer-by-search.ts";
import { runTestHooks } from "./test-hooks.ts";
import { REPORT_NAME, runTour } from "./tour.ts";
import { createTurn, type Turn } from "./turn.ts";

const CHUNK_DELAY_MS = 8;

interface TourSession {
  cwd: string;
  promptCount: number;
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
    agentCapabilities: { loadSession: true },
    authMethods: [],
  }))
  .onRequest("session/new", ({ params }) => {
    const sessionId = randomUUID();
    openSession(sessionId, params.cwd, 0);
    return { sessionId };
  })
  .onRequest("session/load", async ({ params }) => {
    // Nothing is remembered between processes, but a report shows that the tour is done.
    const report = await stat(join(params.cwd, REPORT_NAME)).catch(() => null);
    openSession(params.sessionId, params.cwd, report ? 1 : 0);
    return {};
  })
  .onNotification("session/cancel", ({ params }) =>
    sessions.get(params.sessionId)?.controller.abort(),
  )
  .onRequest("session/prompt", async ({ params, client }) => {
    const session = sessions.get(params.sessionId);
    if (!session) throw RequestError.sessionNotFound(params.sessionId);
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
      await answer(turn, session, promptText(params.prompt));
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

function openSession(sessionId: string, cwd: string, promptCount: number): void {
  sessions.set(sessionId, { cwd, promptCount, controller: new AbortController() });
}

async function answer(turn: Turn, session: TourSession, prompt: string): Promise<void> {
  const rest = isTest ? await runTestHooks(turn, prompt) : prompt;
  if (isTest && rest === "") return turn.say("Done.\n");
  session.promptCount += 1;
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
