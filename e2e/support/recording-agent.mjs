// An agent over standard input and output: `node recording-agent.mjs FOLDER`. Writes down what it is asked, and answers
// `initialize`, `session/new` and `session/prompt` only while no gate of that name is closed; `turn` is the gate
// between its first word and its last. It outlives whoever started it, and does not listen to SIGTERM: what ends it was
// meant to.
import { appendFileSync, existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_MS = 20;
/** Long enough to be killed in the middle of it. */
const TURN_MS = 300;
const [folder = "."] = process.argv.slice(2);

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tell = (sessionId, update) =>
  send({ method: "session/update", params: { sessionId, update } });
const say = (sessionId, text) =>
  tell(sessionId, { sessionUpdate: "agent_message_chunk", content: { type: "text", text } });

const modes = {
  currentModeId: "build",
  availableModes: [
    { id: "build", name: "Build" },
    { id: "plan", name: "Plan" },
  ],
};

async function pass(place) {
  while (existsSync(path.join(folder, `closed-${place.replace("/", "-")}`))) await delay(LOOK_MS);
}

const answers = {
  initialize: async () => ({ protocolVersion: 1, agentCapabilities: { loadSession: false } }),
  "session/new": async () => {
    const availableCommands = [{ name: "grind", description: "Make flour" }];
    tell("recorded", { sessionUpdate: "available_commands_update", availableCommands });
    return { sessionId: "recorded", modes };
  },
  "session/set_mode": async ({ modeId }) => {
    modes.currentModeId = modeId;
    return {};
  },
  "session/prompt": async ({ sessionId }) => {
    say(sessionId, "Looking around now. ");
    await delay(TURN_MS);
    await pass("turn");
    say(sessionId, "That was all.");
    return { stopReason: "end_turn" };
  },
};

/** Isolated agents write nowhere but at home. */
function record(request) {
  const line = `${JSON.stringify(request)}\n`;
  try {
    appendFileSync(path.join(folder, "requests.ndjson"), line);
  } catch {
    appendFileSync(path.join(process.env.HOME, "requests.ndjson"), line);
  }
}

async function answer({ id, method, params }) {
  const text = params.prompt?.map((block) => block.text).join("\n") ?? "";
  record({ method, text });
  await pass(method);
  send({ id, result: await answers[method](params) });
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.method in answers) void answer(message);
});
process.stdout.on("error", () => {});
process.on("SIGTERM", () => {});
setInterval(() => {}, 60_000);
