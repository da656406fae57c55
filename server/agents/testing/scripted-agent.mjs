// An agent over standard input and output that misbehaves on demand: `node scripted-agent.mjs <behaviour>`.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [behaviour = "well"] = process.argv.slice(2);
writeFileSync("agent.pid", String(process.pid));
const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const answer = (id, result) => send({ id, result });
const update = (content, sessionId = "agent-session") =>
  send({ method: "session/update", params: { sessionId, update: content } });
const say = (text) =>
  update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });

let promptId = null;
const waiting = new Map();
const ask = (id, method, params) => {
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
};

const permission = () =>
  ask("permission-1", "session/request_permission", {
    sessionId: "agent-session",
    toolCall: { toolCallId: "call-1", title: "rm -rf build", kind: "execute", status: "pending" },
    options: [
      { optionId: "no", name: "No", kind: "reject_once" },
      { optionId: "always", name: "Always", kind: "allow_always" },
      { optionId: "yes", name: "Yes", kind: "allow_once" },
    ],
  });

const initializeBehaviours = {
  "exit-before": () => process.exit(7),
  "exit-in-initialize": () => {
    process.stderr.write("starting\ncannot sign in with api_key=sk-abcdefghijklmnop\n");
    process.exit(3);
  },
  "hang-in-initialize": () => process.stderr.write("waiting"),
  "version-2": (id) => answer(id, { protocolVersion: 2 }),
};

const promptBehaviours = {
  well: (id) => {
    say("Hello ");
    say("world");
    answer(id, { stopReason: "end_turn", usage: { inputTokens: 12, outputTokens: 3 } });
  },
  "well-and-tell": (id) => {
    promptBehaviours.well(id);
    process.stdout.write("", () => process.stderr.write("everything is sent"));
  },
  "exit-in-turn": () => {
    say("I will");
    process.stderr.write("panic: session-secret-value leaked\n", () => process.exit(9));
  },
  "killed-in-turn": () => process.kill(process.pid, "SIGKILL"),
  garbage: (id) => {
    process.stdout.write("[debug] not a message\n\n42\n[1,2]\n");
    say("still here");
    answer(id, { stopReason: "end_turn" });
  },
  flood: (id) => {
    say("x".repeat(Number(process.argv[3])));
    answer(id, { stopReason: "end_turn" });
  },
  late: (id) => {
    say("in time");
    answer(id, { stopReason: "end_turn" });
    say("too late");
    update(
      { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "whose?" } },
      "other-session",
    );
  },
  unknown: (id) => {
    update({ sessionUpdate: "hologram", shape: "cube" });
    answer(id, { stopReason: "because", _meta: {} });
  },
  requests: async (id) => {
    const first = await ask("fs-1", "fs/write_text_file", {
      sessionId: "agent-session",
      path: "/etc/x",
      content: "",
    });
    const second = await ask("x-1", "_vendor/thing", {});
    say(`${first.error?.code} ${second.error?.code}`);
    answer(id, { stopReason: "end_turn" });
  },
  permission: async (id) => {
    const { result } = await permission();
    say(JSON.stringify(result.outcome));
    answer(id, { stopReason: "end_turn" });
  },
  question: async (id) => {
    const { result } = await ask("question-1", "elicitation/create", {
      sessionId: "agent-session",
      mode: "form",
      message: "Which one?",
      requestedSchema: { type: "object", properties: { which: { type: "string" } } },
    });
    say(JSON.stringify(result));
    answer(id, { stopReason: "end_turn" });
  },
  "visit-a-page": async (id) => {
    const { result } = await ask("question-1", "elicitation/create", {
      sessionId: "agent-session",
      mode: "url",
      message: "Sign in",
      url: "https://example.org",
    });
    say(JSON.stringify(result));
    answer(id, { stopReason: "end_turn" });
  },
  "rpc-error": (id) =>
    send({
      id,
      error: {
        code: -32603,
        message: "Internal error",
        data: { details: "quota exceeded for Bearer abcdefghij" },
      },
    }),
  "string-error": (id) => send({ id, error: { code: "ENOENT", message: "odd" } }),
  hang: () => say("thinking"),
  "end-after-cancel": () => say("thinking"),
  "fail-after-cancel": () => say("thinking"),
  "hang-with-permission": async (id) => {
    const { result } = await permission();
    say(JSON.stringify(result.outcome));
    answer(id, { stopReason: "cancelled" });
  },
  "ignore-cancel": () => say("never stopping"),
  "close-output": () => closeOutput(),
};

const closeOutput = () => {
  process.stdout.end();
  setInterval(() => {}, 1_000);
};

const idleBehaviours = {
  "close-output-when-idle": closeOutput,
  "flood-when-idle": () => say("x".repeat(Number(process.argv[3]))),
};

const loadBehaviours = {
  "no-load": (id) => send({ id, error: { code: -32602, message: "Session not found" } }),
  "exit-in-load": () => process.exit(4),
};

const methods = {
  initialize: (id, params) => {
    const special = initializeBehaviours[behaviour];
    if (special) return special(id);
    const offered = JSON.stringify(params.clientCapabilities);
    answer(id, {
      protocolVersion: 1,
      agentInfo: { name: "scripted", version: "1.2.3" },
      agentCapabilities: { loadSession: true, offered },
    });
  },
  "session/new": (id) => {
    answer(id, { sessionId: "agent-session", models: { currentModelId: "scripted-1" } });
    idleBehaviours[behaviour]?.();
  },
  "session/load": (id) => {
    const special = loadBehaviours[behaviour];
    if (special) return special(id);
    say("history");
    answer(id, {});
  },
  "session/prompt": (id) => {
    promptId = id;
    promptBehaviours[behaviour]?.(id);
  },
  "session/cancel": () => {
    if (behaviour === "hang") answer(promptId, { stopReason: "cancelled" });
    if (behaviour === "end-after-cancel") answer(promptId, { stopReason: "end_turn" });
    if (behaviour === "fail-after-cancel")
      send({ id: promptId, error: { code: -32603, message: "aborted" } });
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.method) return methods[message.method]?.(message.id, message.params);
  waiting.get(message.id)?.(message);
});
