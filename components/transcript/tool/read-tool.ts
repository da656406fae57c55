import { isRecord } from "#lib/is-record.ts";
import { readList, readNumber, readObject, readText, type JsonObject } from "#lib/json.ts";
import { readChanges } from "#lib/changes/read-changes.ts";
import { shortenPath } from "#lib/changes/shorten-path.ts";
import { readTodos } from "./read-todos.ts";
import { tellingMembers, toolAction, type ToolAction } from "#lib/changes/tool-action.ts";

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
  metadata: JsonObject;
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
  const input = readObject(state, "input");
  const action = refineAction(toolAction(name, readText(metadata, "kind")), data);
  const time = readObject(state, "time");
  const argument = readArgument(action, data);
  return {
    name,
    action,
    status: readStatus(state),
    argument: argument === name ? "" : argument,
    startedAt: readNumber(time, "start"),
    endedAt: readNumber(time, "end"),
    input,
    metadata,
    output: readText(state, "output") ?? readText(metadata, "output") ?? "",
    error: readText(state, "error"),
    exitCode:
      readNumber(metadata, "exitCode") ??
      readNumber(metadata, "exit") ??
      readNumber(metadata, "exit_code"),
    attachments: readList(state, "attachments"),
  };
}

/** One name may do several things: a shell that applies a patch edits, an editor that was told to view reads. */
function refineAction(action: ToolAction, data: JsonObject): ToolAction {
  const input = readObject(readObject(data, "state"), "input");
  if (action === "execute" && readCommand(input)?.includes("*** Begin Patch")) return "edit";
  if (action === "edit" && input["command"] === "view") return "read";
  if (action === "edit" && input["command"] === "create") return "write";
  return action;
}

/** The shell's line; of `["bash", "-lc", "ls"]` only what the shell is told. Null when there is none. */
export function readCommand(input: JsonObject): string | null {
  for (const name of tellingMembers("execute")) {
    const value = input[name];
    if (typeof value === "string" && value.trim() !== "") return value;
    if (!Array.isArray(value) || value.length === 0) continue;
    const words = value.map(String);
    const isShell = /(?:^|\/)(?:ba|z|da)?sh$/.test(words[0] ?? "") && words.length === 3;
    return isShell && /^-\w*c$/.test(words[1] ?? "") ? (words[2] ?? "") : words.join(" ");
  }
  return null;
}

function readStatus(state: JsonObject): ToolStatus {
  const status = state["status"];
  return status === "pending" || status === "completed" || status === "error" ? status : "running";
}

function readArgument(action: ToolAction, data: JsonObject): string {
  const state = readObject(data, "state");
  const input = readObject(state, "input");
  const told = action === "execute" ? readCommand(input) : readTelling(action, input);
  if (told !== null) return oneLine(told);
  if (action === "todo") return countTodos(data);
  if (action === "question") return oneLine(firstQuestion(input));
  const location = readList(readObject(state, "metadata"), "locations")[0];
  const paths = readChanges(data).map(({ path }) => path);
  const changed = paths.length > 1 ? `${paths[0]} and ${paths.length - 1} more` : paths[0];
  return oneLine(readText(location, "path") ?? changed ?? readText(state, "title") ?? "");
}

function readTelling(action: ToolAction, input: JsonObject): string | null {
  for (const name of tellingMembers(action)) {
    const value = input[name];
    const text = Array.isArray(value)
      ? value.filter((each) => typeof each === "string").join(" ")
      : value;
    if (typeof text === "string" && text.trim() !== "") return text;
  }
  return null;
}

function countTodos(data: JsonObject): string {
  const todos = readTodos(data);
  const done = todos.filter(({ status }) => status === "completed").length;
  return todos.length === 0 ? "" : `${done} of ${todos.length} done`;
}

function firstQuestion(input: JsonObject): string {
  const first = readList(input, "questions").find(isRecord);
  return readText(first, "question") ?? readText(first, "header") ?? "";
}

const LINE_MAX_LENGTH = 400;

/** The card's line has room for one line; a path may be shortened, so somewhat more is looked at. */
function oneLine(text: string): string {
  const trimmed = text.slice(0, 100_000).trim();
  const end = trimmed.indexOf("\n");
  const line = end === -1 ? trimmed : `${trimmed.slice(0, Math.min(end, 3 * LINE_MAX_LENGTH))} …`;
  return shortenPath(line.slice(0, 3 * LINE_MAX_LENGTH + 2)).slice(0, LINE_MAX_LENGTH);
}
