import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeFileInPlace } from "./tour.ts";
import type { Turn } from "./turn.ts";

const LOOK_MS = 20;
const FLOOD_CHUNK_CHARACTERS = 64 * 1024;

type Hook = (turn: Turn, argument: string) => Promise<void>;

/** What tests may ask of the agent, one line of the prompt each: `@sleep 500`. */
const hooks: Record<string, Hook> = {
  sleep: (turn, milliseconds) => delay(Number(milliseconds), undefined, { signal: turn.signal }),
  say: (turn, text) => turn.say(`${text}\n\n`),
  // oxlint-disable-next-line no-process-env -- what it was given is what is asked for
  show: (turn, variable) => turn.say(`${variable} is ${process.env[variable] ?? "not set"}\n\n`),
  hang: (turn) => delay(2 ** 30, undefined, { signal: turn.signal }),
  "ignore-cancel": () => delay(2 ** 30),
  exit: async (_turn, code) => process.exit(Number(code)),
  fail: (_turn, message) => Promise.reject(new Error(message)),
  stderr: async (_turn, text) => void process.stderr.write(`${text}\n`),
  flood: (turn, size) => flood(turn, parseSize(size)),
  write: (turn, path) => write(turn, path),
  until: (turn, path) => untilExists(turn, path),
  ask: (turn, command) => askLeave(turn, command),
  question: (turn, message) => askQuestion(turn, message),
  plan: (turn, entries) => plan(turn, entries),
};

/** Runs the hooks of a prompt in their order; the result is what is left of the prompt. */
export async function runTestHooks(turn: Turn, prompt: string): Promise<string> {
  const rest: string[] = [];
  for (const line of prompt.split("\n")) {
    const [, name = "", argument = ""] = /^@([a-z-]+)(?:\s+(.*))?$/.exec(line.trim()) ?? [];
    const hook = hooks[name];
    if (hook) await hook(turn, argument);
    else rest.push(line);
  }
  return rest.join("\n").trim();
}

async function flood(turn: Turn, characters: number): Promise<void> {
  await turn.tool({ title: "Flood", kind: "execute", input: { characters } }, async () => {
    const line = `${"0123456789abcde".repeat(4)}\n`;
    const output = line.repeat(Math.ceil(characters / line.length)).slice(0, characters);
    return { value: null, output };
  });
  for (let sent = 0; sent < characters; sent += FLOOD_CHUNK_CHARACTERS) {
    const text = "y".repeat(Math.min(FLOOD_CHUNK_CHARACTERS, characters - sent));
    await turn.send({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
  }
}

async function write(turn: Turn, relativePath: string): Promise<void> {
  const path = join(turn.cwd, normalize(join("/", relativePath)));
  await turn.tool(
    { title: `Write ${relativePath}`, kind: "edit", input: { path }, paths: [path] },
    async () => {
      const newText = "Written by a test\n";
      await writeFileInPlace(path, newText);
      return { value: null, output: "Written", diff: { path, oldText: null, newText } };
    },
  );
}

/** Waits for a file of the workspace. */
async function untilExists(turn: Turn, relativePath: string): Promise<void> {
  const path = join(turn.cwd, normalize(join("/", relativePath)));
  while (!existsSync(path)) await delay(LOOK_MS, undefined, { signal: turn.signal });
}

async function askLeave(turn: Turn, command: string): Promise<void> {
  const answer = await turn.ask("session/request_permission", {
    toolCall: { toolCallId: randomUUID(), title: command, kind: "execute", rawInput: { command } },
    options: [
      { optionId: "once", name: "Allow", kind: "allow_once" },
      { optionId: "always", name: "Always allow", kind: "allow_always" },
      { optionId: "never", name: "Reject", kind: "reject_once" },
    ],
  });
  await turn.say(`${command}: ${JSON.stringify(answer)}\n\n`);
}

async function askQuestion(turn: Turn, message: string): Promise<void> {
  const colours = ["red", "green"].map((colour) => ({ const: colour, title: `The ${colour} one` }));
  const answer = await turn.ask("elicitation/create", {
    mode: "form",
    message,
    requestedSchema: {
      type: "object",
      properties: {
        colour: { type: "string", title: "Colour", oneOf: colours },
        reason: { type: "string", title: "Reason" },
        tag: { type: "string", title: "Tag", pattern: "^[a-z-]*$", maxLength: 8 },
      },
      required: ["colour"],
    },
  });
  await turn.say(`${message} ${JSON.stringify(answer)}\n\n`);
}

/** `done one, doing two, three`. */
async function plan(turn: Turn, entries: string): Promise<void> {
  await turn.plan(
    entries.split(",").map((entry) => {
      const [, word, content = ""] = /^(done|doing)?\s*(.*)$/.exec(entry.trim()) ?? [];
      const status = word === "done" ? "completed" : word === "doing" ? "in_progress" : "pending";
      return { content, status, priority: "medium" };
    }),
  );
}

function parseSize(size: string): number {
  const [, count = "0", unit = ""] = /^(\d+)\s*(kB|MB)?$/i.exec(size) ?? [];
  const factor = { kb: 1_000, mb: 1_000_000 }[unit.toLowerCase()] ?? 1;
  return Number(count) * factor;
}
