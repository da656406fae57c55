#!/usr/bin/env node
// An agent over standard input and output that does what the first word of a prompt says, and none of it well.
import { createInterface } from "node:readline";

const HUGE_CHARACTERS = 33 * 1024 * 1024;
const CHUNK_CHARACTERS = 16_384;
const CHUNK_COUNT = 400;
const SMALL_COUNT = 10_000;

const sessionId = "unruly";
const write = (text) => process.stdout.write(text);
const send = (message) => write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tell = (update) => send({ method: "session/update", params: { sessionId, update } });
const say = (text) =>
  tell({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
const end = (id, stopReason = "end_turn") => send({ id, result: { stopReason } });
let openId = null;

const behaviours = {
  well: (id) => {
    say("All is well");
    end(id);
  },
  flood: (id) => {
    process.stderr.write("noise\n".repeat(500_000));
    for (let count = 0; count < CHUNK_COUNT; count += 1) say("x".repeat(CHUNK_CHARACTERS));
    for (let used = 0; used < SMALL_COUNT; used += 1) {
      tell({ sessionUpdate: "usage_update", used, size: SMALL_COUNT });
      tell({ sessionUpdate: "tool_call_update", toolCallId: "call", title: `step ${used}` });
    }
    end(id);
  },
  huge: () => say("x".repeat(HUGE_CHARACTERS)),
  garbage: (id) => {
    for (const line of ["", "{", "null", "[]", "42", '"text"', "\u0000\u0001", "{}"])
      write(`${line}\n`);
    for (const params of [null, 3, [], {}, { sessionId }, { sessionId, update: null }])
      send({ method: "session/update", params });
    for (const update of [
      {},
      { sessionUpdate: null },
      { sessionUpdate: "tool_call", toolCallId: {} },
    ])
      tell(update);
    send({ id: "nobody", result: {} });
    send({ id: 1e9, error: { code: 0, message: "nobody asked" } });
    send({ id: "p", method: "session/request_permission", params: { sessionId, options: "none" } });
    send({ id: "q", method: "elicitation/create", params: null });
    say("Sense after all");
    end(id);
  },
  shapeless: (id) => send({ id, result: 42 }),
  twice: (id) => {
    end(id);
    end(id);
    send({ id, error: { code: -32603, message: "too late" } });
  },
  late: (id) => {
    openId = id;
    say("Working");
  },
};

const methods = {
  initialize: (id) => send({ id, result: { protocolVersion: 1, agentCapabilities: {} } }),
  "session/new": (id) => send({ id, result: { sessionId } }),
  "session/prompt": (id, { prompt }) => behaviours[prompt[0].text.split(" ")[0]]?.(id),
  "session/cancel": () => {
    say("I go on");
    end(openId);
    say("and on");
    end(openId);
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  methods[method]?.(id, params);
});
