#!/usr/bin/env node
// An agent that knows of a session only what `import FILE` has told it: `forgetful-agent.mjs acp | import FILE`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const memory = join(process.env.HOME, "imported.json");
const [command, file] = process.argv.slice(2);

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
      return knows(params.sessionId)
        ? reply({})
        : send({ id, error: { code: -32602, message: "Session not found" } });
    case "session/prompt": {
      const content = { type: "text", text: params.sessionId };
      const update = { sessionUpdate: "agent_message_chunk", content };
      send({ method: "session/update", params: { sessionId: params.sessionId, update } });
      return reply({ stopReason: "end_turn" });
    }
  }
}

function knows(sessionId) {
  if (!existsSync(memory)) return false;
  return JSON.parse(readFileSync(memory, "utf8")).snapshot.info.id === sessionId;
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}
