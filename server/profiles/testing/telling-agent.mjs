// An agent over standard input and output that says what it was given: `node telling-agent.mjs`. Told to leave, it does.
import { createInterface } from "node:readline";

const given = { mcpServers: null, model: "mill/fast" };
const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const say = (text) =>
  send({
    method: "session/update",
    params: {
      sessionId: "told",
      update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } },
    },
  });

console.error(process.env.OPERATOR_KEY);
const answers = {
  initialize: () => ({
    protocolVersion: 1,
    agentCapabilities: { mcpCapabilities: { http: true } },
  }),
  "session/new": ({ mcpServers }) => {
    given.mcpServers = mcpServers;
    const availableModels = ["mill/fast", "mill/slow"].map((modelId) => ({
      modelId,
      name: modelId,
    }));
    return { sessionId: "told", models: { currentModelId: given.model, availableModels } };
  },
  "session/set_model": ({ modelId }) => {
    given.model = modelId;
    return {};
  },
  "session/prompt": ({ prompt }) => {
    if (prompt[0]?.text === "Leave") process.exit(9);
    const {
      STAGE: stage,
      TOKEN: token,
      OPERATOR_KEY: operatorKey,
      START_KEY: startKey,
    } = process.env;
    const text = JSON.stringify({ ...given, stage, token, operatorKey, startKey });
    // In pieces, none of which holds a whole secret.
    for (const piece of text.match(/[^]{1,5}/g)) say(piece);
    return { stopReason: "end_turn" };
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id !== undefined) send({ id, result: answers[method]?.(params) ?? {} });
});
