import { isRecord } from "#lib/is-record.ts";
import {
  readList,
  readNumber,
  readObject,
  readText,
  type JsonObject,
} from "#components/session/json.ts";
import { diffTexts } from "../diff/diff-texts.ts";
import type { FileDiff } from "../diff/file-diff.ts";
import { parsePatch } from "../diff/parse-patch.ts";
import { toolAction, type ToolAction } from "./tool-action.ts";
import { shortenPath } from "./shorten-path.ts";

export type ToolStatus = "pending" | "running" | "completed" | "error";

/** A tool call as its card shows it, whichever agent made it. */
export interface ToolCall {
  name: string;
  action: ToolAction;
  status: ToolStatus;
  /** The most telling part of the input: a command, a path, a pattern. Empty when there is none. */
  argument: string;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  endedAt: number | null;
  input: JsonObject;
  output: string;
  error: string | null;
  exitCode: number | null;
  attachments: readonly unknown[];
}

/** Reads the data of a `tool` part; members that are missing or of another type are left out. */
export function readTool(data: JsonObject): ToolCall {
  const name = readText(data, "tool") ?? "tool";
  const state = readObject(data, "state");
  const metadata = readObject(state, "metadata");
  const action = toolAction(name, readText(metadata, "kind"));
  const time = readObject(state, "time");
  const argument = readArgument(action, state);
  return {
    name,
    action,
    status: readStatus(state),
    argument: argument === name ? "" : argument,
    startedAt: readNumber(time, "start"),
    endedAt: readNumber(time, "end"),
    input: readObject(state, "input"),
    output: readText(state, "output") ?? readText(metadata, "output") ?? "",
    error: readText(state, "error"),
    exitCode: readNumber(metadata, "exitCode") ?? readNumber(metadata, "exit"),
    attachments: readList(state, "attachments"),
  };
}

/** What the call changed in files: as told with both texts, or as a patch. Costs time: call it once per body. */
export function readDiffs(data: JsonObject): FileDiff[] {
  const state = readObject(data, "state");
  const metadata = readObject(state, "metadata");
  const told = readList(metadata, "diffs").filter(isRecord);
  if (told.length > 0) {
    return told.map((diff) =>
      diffTexts(
        shortenPath(readText(diff, "path") ?? ""),
        readText(diff, "oldText") ?? "",
        readText(diff, "newText") ?? "",
      ),
    );
  }
  const patch = readText(metadata, "diff");
  if (patch === null) return [];
  return parsePatch(patch).map((diff) => ({ ...diff, path: shortenPath(diff.path) }));
}

function readStatus(state: JsonObject): ToolStatus {
  const status = state["status"];
  return status === "pending" || status === "completed" || status === "error" ? status : "running";
}

/** Members of an input by how much they tell, per action. */
const tellingMembers: Readonly<Record<ToolAction, readonly string[]>> = {
  execute: ["command", "cmd", "script"],
  read: ["filePath", "file_path", "path", "absolute_path"],
  write: ["filePath", "file_path", "path"],
  edit: ["filePath", "file_path", "path"],
  delete: ["filePath", "file_path", "path"],
  move: ["from", "source", "path"],
  search: ["pattern", "query", "regex", "glob", "path"],
  list: ["path", "dirPath"],
  fetch: ["url", "query"],
  delegate: ["description", "prompt"],
  todo: [],
  think: ["thought", "description"],
  other: ["description", "command", "filePath", "path", "query", "url", "name"],
};

function readArgument(action: ToolAction, state: JsonObject): string {
  const input = readObject(state, "input");
  const location = readList(readObject(state, "metadata"), "locations")[0];
  for (const name of tellingMembers[action]) {
    const value = input[name];
    const text = Array.isArray(value) ? value.join(" ") : value;
    if (typeof text === "string" && text.trim() !== "") return oneLine(text);
  }
  if (action === "todo") return todoArgument(input);
  return oneLine(readText(location, "path") ?? readText(state, "title") ?? "");
}

function todoArgument(input: JsonObject): string {
  const todos = readList(input, "todos").filter(isRecord);
  const done = todos.filter(({ status }) => status === "completed").length;
  return todos.length === 0 ? "" : `${done} of ${todos.length} done`;
}

const LINE_MAX_LENGTH = 400;

/** The card's line has room for one line; a path may be shortened, so somewhat more is looked at. */
function oneLine(text: string): string {
  const trimmed = text.trim();
  const end = trimmed.indexOf("\n");
  const line = end === -1 ? trimmed : `${trimmed.slice(0, Math.min(end, 3 * LINE_MAX_LENGTH))} …`;
  return shortenPath(line.slice(0, 3 * LINE_MAX_LENGTH + 2)).slice(0, LINE_MAX_LENGTH);
}
