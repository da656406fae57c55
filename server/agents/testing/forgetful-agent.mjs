#!/usr/bin/env node
// An agent that knows of a session only what `import FILE` has told it: `forgetful-agent.mjs acp | import FILE`. It takes
// the name of an agent in a transcript for a mode, and prompts in its own mode alone.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const memory = join(process.env.HOME, "imported.json");
const [command, file] = process.argv.slice(2);
const ownMode = "work";
let mode = ownMode;

if (command === "import") {
  const snapshot = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(memory, JSON.stringify({ file, snapshot }));
  process.stdout.write(`Imported session: ${snapshot.info.id}\n`);
} else if (command === "acp") {
  createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
}

function answer({ id, method, params }) {
  const reply = (result) => send({ id, result });
  switch (method) {
    case "initialize":
      return reply({ protocolVersion: 1, agentCapabilities: { loadSession: true } });
    case "session/new":
      return reply({ sessionId: "own-session" });
    case "session/load":
      if (!knows(params.sessionId))
        return send({ id, error: { code: -32602, message: "Session not found" } });
      mode = readMemory().messages[0].info.agent;
      return reply(settings());
    case "session/set_config_option":
      mode = params.value;
      return reply(settings());
    case "session/prompt": {
      if (mode !== ownMode) return send({ id, error: { code: -32603, message: "No such mode" } });
      const content = { type: "text", text: params.sessionId };
      const update = { sessionUpdate: "agent_message_chunk", content };
      send({ method: "session/update", params: { sessionId: params.sessionId, update } });
      return reply({ stopReason: "end_turn" });
    }
  }
}

const readMemory = () => JSON.parse(readFileSync(memory, "utf8")).snapshot;
const knows = (sessionId) => existsSync(memory) && readMemory().info.id === sessionId;

function settings() {
  const options = [{ value: ownMode, name: "Work" }];
  const option = { id: "mode", name: "Mode", category: "mode", currentValue: mode, options };
  return { configOptions: [option] };
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}
