import { describeCompaction } from "#lib/compaction.ts";
import { tellingMembers, toolAction, toolVerb, type ToolAction } from "#lib/changes/tool-action.ts";
import { isRecord } from "#lib/is-record.ts";

const TITLE_MAX_CHARACTERS = 400;

/** What a part says to a person. */
export type Block =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | ToolBlock
  | { kind: "file"; name: string; mime: string; url: string }
  | { kind: "note"; text: string }
  | { kind: "raw"; type: string; json: string };

export interface ToolBlock {
  kind: "tool";
  /** What it does, as `Ran`; the name that its agent gives it where we know no word. */
  name: string;
  /** The most telling argument, or what the agent calls it, on one line; empty when there is none. */
  title: string;
  /** What is worth a word; empty when it is done. */
  status: string;
  /** Readable JSON; null when there is none. */
  input: string | null;
  /** Null while there is none. */
  output: string | null;
  error: string | null;
}

const SILENT = new Set(["step-start", "step-finish", "snapshot"]);

/** Null for what only machines read. What is no part that we know is shown as it is. */
export function readBlock(json: string): Block | null {
  const part = parse(json);
  if (part === null) return { kind: "raw", type: "part", json };
  const type = textOf(part["type"]) || "part";
  if (SILENT.has(type)) return null;
  switch (type) {
    case "text":
    case "reasoning":
      return { kind: type, text: textOf(part["text"]) };
    case "tool":
      return readTool(part);
    case "file": {
      const name = textOf(part["filename"]) || "file";
      return { kind: "file", name, mime: textOf(part["mime"]), url: textOf(part["url"]) };
    }
    case "patch":
      return { kind: "note", text: `Files changed: ${listOf(part["files"])}` };
    case "compaction":
      return { kind: "note", text: `${describeCompaction(part, { isTurnRunning: false })}.` };
    case "agent":
      return { kind: "note", text: `Agent: ${textOf(part["name"])}` };
    case "retry":
      return { kind: "note", text: `Tried again (attempt ${String(part["attempt"])}).` };
    case "subtask":
      return {
        kind: "note",
        text: `Task: ${textOf(part["description"]) || textOf(part["prompt"])}`,
      };
    default:
      return { kind: "raw", type, json };
  }
}

function readTool(part: Record<string, unknown>): ToolBlock {
  const state = isRecord(part["state"]) ? part["state"] : {};
  const input = state["input"] ?? part["input"];
  const { output } = state;
  const name = textOf(part["tool"]) || "tool";
  const status = textOf(state["status"]);
  const metadata = isRecord(state["metadata"]) ? state["metadata"] : {};
  const action = toolAction(name, textOf(metadata["kind"]) || null);
  const told = isRecord(input) ? readTelling(action, input) : "";
  return {
    kind: "tool",
    name: toolVerb(action, { name, hasEnded: status === "completed" || status === "error" }),
    title: firstLine(told === "" ? textOf(state["title"]) : told),
    status: Object.hasOwn(statusWords, status) ? statusWords[status]! : status,
    input: input === undefined || input === null ? null : toText(input),
    output: output === undefined || output === null ? null : toText(output),
    error: state["error"] === undefined ? null : toText(state["error"]),
  };
}

const statusWords: Readonly<Record<string, string>> = {
  completed: "",
  error: "failed",
  running: "not finished",
  pending: "not finished",
};

/** The most telling part of the input, as on the tool's card. */
function readTelling(action: ToolAction, input: Record<string, unknown>): string {
  for (const member of tellingMembers(action)) {
    const value = input[member];
    const text = Array.isArray(value) ? value.filter(isText).join(" ") : textOf(value);
    if (text.trim() !== "") return text;
  }
  return "";
}

function firstLine(text: string): string {
  const [line = "", ...more] = text.trim().split("\n", 2);
  const isCut = more.length > 0 || line.length > TITLE_MAX_CHARACTERS;
  return isCut ? `${line.slice(0, TITLE_MAX_CHARACTERS)} …` : line;
}

const isText = (value: unknown) => typeof value === "string";

export interface MessageHead {
  role: string;
  model: string;
  createdMs: number | null;
  error: string | null;
}

/** What the `info` of a message tells; never throws. */
export function readMessageHead(json: string): MessageHead {
  const info = parse(json) ?? {};
  const time = isRecord(info["time"]) ? info["time"]["created"] : undefined;
  const isTime = typeof time === "number" && Math.abs(time) < 8.64e15;
  const { error } = info;
  return {
    role: textOf(info["role"]) || "unknown",
    model: textOf(info["modelID"]) || textOf(info["model"]),
    createdMs: isTime ? time : null,
    error: error === undefined || error === null ? null : toText(error),
  };
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");
const toText = (value: unknown) =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
const listOf = (value: unknown) => (Array.isArray(value) ? value.map(toText).join(", ") : "");
