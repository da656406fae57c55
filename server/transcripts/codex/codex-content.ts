import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, parseObject, readList, readNumber, readText } from "#lib/json.ts";
import { filePart, type PartBody } from "../transcript-parts.ts";

const DATA_URL = /^data:([^;,]+)/;

/** Blocks of a message, or of a tool's output: texts and pictures; what is neither is kept as it is. */
export function readContent(content: unknown): PartBody[] {
  if (!Array.isArray(content)) return [];
  return content.filter(isRecord).map((block): PartBody => {
    const text = block["text"];
    if (typeof text === "string") return { type: "text", text };
    const url = readText(block, "image_url");
    if (url !== null) return filePart(DATA_URL.exec(url)?.[1] ?? "image/png", url);
    return { type: "update", kind: readText(block, "type") ?? "", data: block };
  });
}

export interface CallOutput {
  text: string;
  files: PartBody[];
  exitCode: number | null;
  /** As far as it says. */
  durationMs: number | null;
  isFailed: boolean;
}

/** What a call gave back: a text, JSON in a text with how a command ended, or blocks. */
export function readOutput(output: unknown): CallOutput {
  if (typeof output === "string") return readTextOutput(output);
  const holder = isRecord(output) ? output : {};
  const parts = readContent(Array.isArray(output) ? output : holder["content_items"]);
  const texts = parts.map(({ text }) => text).filter((text) => typeof text === "string");
  const text = texts.length > 0 ? texts.join("\n") : (readText(holder, "content") ?? "");
  const files = parts.filter(({ type }) => type === "file");
  return { ...readTextOutput(text), files, isFailed: holder["success"] === false };
}

const EXIT_CODE = /^(?:Process exited with code|Exit code:) (-?\d+)$/m;
const WALL_TIME = /^Wall time: (\d+(?:\.\d+)?) seconds$/m;

function readTextOutput(text: string): CallOutput {
  const told = text.startsWith("{") ? parseObject(text) : null;
  const output = told?.["output"];
  const metadata = told && isRecord(told["metadata"]) ? told["metadata"] : {};
  if (typeof output === "string") {
    const exitCode = readNumber(metadata, "exit_code");
    const seconds = readNumber(metadata, "duration_seconds");
    return { text: output, files: [], exitCode, durationMs: toMs(seconds), isFailed: false };
  }
  // Only what stands before the output is the program's own.
  const [before = ""] = text.split(/^Output:$/m, 1);
  const head = before === text ? "" : before;
  const exit = EXIT_CODE.exec(head)?.[1];
  const exitCode = exit === undefined ? null : Number(exit);
  const seconds = WALL_TIME.exec(head)?.[1];
  const durationMs = toMs(seconds === undefined ? null : Number(seconds));
  return { text, files: [], exitCode, durationMs, isFailed: false };
}

const toMs = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 1_000));

/** `arguments` is JSON in a text; what is none is shown as it came. */
export const readArguments = (text: unknown): unknown =>
  typeof text === "string" ? (parseObject(text) ?? { input: text }) : (text ?? {});

/** Changes of files as `patch_apply_end` tells them. */
export function readPatches(changes: JsonObject): JsonObject[] {
  return Object.entries(changes).flatMap(([path, change]) => {
    if (!isRecord(change)) return [];
    const movedTo = readText(change, "move_path");
    const patch = readText(change, "unified_diff");
    const content = readText(change, "content");
    const sides =
      change["type"] === "delete"
        ? { oldText: content ?? "", newText: "" }
        : { oldText: "", newText: content ?? "" };
    return [
      { path: movedTo ?? path, ...(patch === null ? sides : { patch: withNames(path, patch) }) },
    ];
  });
}

const withNames = (path: string, patch: string) =>
  patch.startsWith("@@") ? `--- ${path}\n+++ ${path}\n${patch}` : patch;

/** Texts of a reasoning item: its summary, else its content. */
export function readReasoning(item: JsonObject): string[] {
  const texts = (name: string) =>
    readList(item, name)
      .map((block) => readText(block, "text"))
      .filter((text) => text !== null);
  const summary = texts("summary");
  return summary.length > 0 ? summary : texts("content");
}

/** What the program adds to a conversation by itself. */
const contextStarts = [
  "<environment_context>",
  "<user_instructions>",
  "<permissions instructions>",
  "<collaboration_mode>",
  "<skills_instructions>",
  "<turn_aborted>",
  "<subagent_notification>",
  "# AGENTS.md instructions",
];

export const isContext = (text: string) =>
  contextStarts.some((start) => text.trimStart().startsWith(start));

const REQUEST_HEADING = "## My request for Codex:";

/** What the person typed: editors put what is open before it. */
export function readRequest(text: string): string {
  const start = text.indexOf(REQUEST_HEADING);
  return start === -1 ? text : text.slice(start + REQUEST_HEADING.length);
}
