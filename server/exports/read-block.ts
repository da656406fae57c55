import { isRecord } from "#lib/is-record.ts";

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
  name: string;
  /** The most telling argument, or what the agent calls it; empty when there is none. */
  title: string;
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
      return { kind: "note", text: "The conversation was compacted here." };
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

const TELLING = [
  "command",
  "filePath",
  "path",
  "file_path",
  "pattern",
  "query",
  "url",
  "description",
];

function readTool(part: Record<string, unknown>): ToolBlock {
  const state = isRecord(part["state"]) ? part["state"] : {};
  const input = state["input"] ?? part["input"];
  const arg = isRecord(input)
    ? TELLING.map((name) => textOf(input[name])).find(Boolean)
    : undefined;
  const output = state["output"];
  return {
    kind: "tool",
    name: textOf(part["tool"]) || "tool",
    title: (arg ?? textOf(state["title"])).split("\n", 1)[0] ?? "",
    status: textOf(state["status"]),
    input: input === undefined || input === null ? null : toText(input),
    output: output === undefined || output === null ? null : toText(output),
    error: state["error"] === undefined ? null : toText(state["error"]),
  };
}

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
