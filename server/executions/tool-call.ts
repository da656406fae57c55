import { isRecord } from "#lib/is-record.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ContentFile } from "./read-content.ts";
import { readExitCode, readRawOutput, readToolContent } from "./read-content.ts";
import type { FilePart, ToolMetadata, ToolPart, ToolState } from "./canonical-items.ts";
import { toolName } from "./tool-name.ts";

/** More output than this loses its middle; well below the largest item even when every character is escaped twice. */
export const TOOL_OUTPUT_MAX_CHARACTERS = 12_000_000;

const statusByAcp: Record<string, ToolState["status"]> = {
  pending: "pending",
  in_progress: "running",
  completed: "completed",
  failed: "error",
};

interface ApplyOptions {
  now: number;
  /** Makes the part of a file that the tool produced. */
  createFile(file: ContentFile): FilePart;
}

/**
 * Merges a `tool_call` or `tool_call_update` into its part: what is absent or null stays, what is there replaces.
 * True when the status changed.
 */
export function applyToolCall(
  part: ToolPart,
  update: AgentUpdate,
  { now, createFile }: ApplyOptions,
): boolean {
  const { state } = part;
  const { title, kind, rawInput, rawOutput, locations, status, _meta } = update;
  if (typeof title === "string" && title !== "") state.title = title;
  if (typeof kind === "string") state.metadata.kind = kind;
  if (rawInput !== undefined && rawInput !== null)
    state.input = isRecord(rawInput) ? rawInput : { value: rawInput };
  if (Array.isArray(locations)) state.metadata.locations = readLocations(locations);

  applyContent(state, update["content"], createFile);
  applyTerminal(state, _meta);
  const exitCode = readExitCode(rawOutput);
  if (exitCode !== null) state.metadata.exitCode = exitCode;
  if (state.output === "") setOutput(state, readRawOutput(rawOutput) ?? "");

  const ownName = toolName({
    ...update,
    kind: state.metadata.kind,
    title: state.title,
    createsFile: createsFile(state),
  });
  if (part.tool === "" || part.tool === "tool" || ownName === "write") part.tool = ownName;

  const next = typeof status === "string" ? statusByAcp[status] : undefined;
  return next === undefined ? false : setToolStatus(state, next, now);
}

/** Moves a call to another status; a call that has ended stays as it is. True when it changed. */
export function setToolStatus(state: ToolState, status: ToolState["status"], now: number): boolean {
  const hasEnded = state.status === "completed" || state.status === "error";
  if (hasEnded || state.status === status) return false;
  state.status = status;
  if (status !== "pending") delete state.raw;
  if (status === "completed" || status === "error") state.time.end = now;
  if (status === "error") state.error = state.output || "The tool failed";
  return true;
}

function applyContent(
  state: ToolState,
  content: unknown,
  createFile: ApplyOptions["createFile"],
): void {
  if (!Array.isArray(content) || content.length === 0) return;
  const { text, diffs, files } = readToolContent(content);
  if (text !== null) setOutput(state, text);
  if (diffs.length > 0) state.metadata.diffs = diffs;
  if (files.length > 0) state.attachments = files.map(createFile);
}

/** Codex tells the output of its terminals only here. */
function applyTerminal(state: ToolState, meta: unknown): void {
  if (!isRecord(meta)) return;
  const { terminal_output_delta: delta, terminal_output: output, terminal_exit: exit } = meta;
  if (isRecord(output) && typeof output["data"] === "string") setOutput(state, output["data"]);
  if (isRecord(delta) && typeof delta["data"] === "string")
    setOutput(state, state.output + delta["data"]);
  if (isRecord(exit) && typeof exit["exit_code"] === "number")
    state.metadata.exitCode = exit["exit_code"];
}

function setOutput(state: ToolState, output: string): void {
  const omitted = output.length - TOOL_OUTPUT_MAX_CHARACTERS;
  if (omitted <= 0) {
    state.output = output;
    return;
  }
  const half = TOOL_OUTPUT_MAX_CHARACTERS / 2;
  state.output = `${output.slice(0, half)}\n[… ${omitted} characters left out …]\n${output.slice(-half)}`;
  state.metadata.omittedCharacters = omitted;
}

function readLocations(locations: unknown[]): ToolMetadata["locations"] {
  return locations.filter(isRecord).flatMap(({ path, line }) => {
    if (typeof path !== "string") return [];
    return [typeof line === "number" ? { path, line } : { path }];
  });
}

function createsFile({ metadata }: ToolState): boolean {
  return (
    metadata.diffs !== undefined &&
    metadata.diffs.every(({ oldText }) => oldText === null || oldText === "")
  );
}
