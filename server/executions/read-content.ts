import { isRecord } from "#lib/is-record.ts";
import type { FileChange } from "./canonical-items.ts";

/** A file as a content block carries it, before it has ids. */
export interface ContentFile {
  mime: string;
  filename?: string;
  url: string;
}

/** One ACP content block: text, a file, or nothing that we can show. */
export type ReadBlock = { text: string } | { file: ContentFile } | null;

export function readBlock(block: unknown): ReadBlock {
  if (!isRecord(block)) return null;
  switch (block["type"]) {
    case "text":
      return typeof block["text"] === "string" ? { text: block["text"] } : null;
    case "image":
    case "audio":
      return readData(block);
    case "resource_link":
      return readLink(block);
    case "resource":
      return readResource(block["resource"]);
    default:
      return null;
  }
}

/** The texts of content blocks, one behind the other; what is no text is left out. */
export function joinTexts(blocks: unknown[]): string {
  return blocks
    .map((block) => readBlock(block))
    .map((read) => (read && "text" in read ? read.text : ""))
    .join("");
}

function readData({ data, mimeType, uri, type }: Record<string, unknown>): ReadBlock {
  if (typeof data !== "string") return null;
  const mime = typeof mimeType === "string" ? mimeType : `${String(type)}/*`;
  return { file: { mime, ...nameOf(uri), url: `data:${mime};base64,${data}` } };
}

function readLink({ uri, name, mimeType }: Record<string, unknown>): ReadBlock {
  if (typeof uri !== "string") return null;
  const mime = typeof mimeType === "string" ? mimeType : "application/octet-stream";
  return {
    file: { mime, ...(typeof name === "string" ? { filename: name } : nameOf(uri)), url: uri },
  };
}

function readResource(resource: unknown): ReadBlock {
  if (!isRecord(resource)) return null;
  const { uri, mimeType, text, blob } = resource;
  const mime = typeof mimeType === "string" ? mimeType : "text/plain";
  if (typeof blob === "string")
    return { file: { mime, ...nameOf(uri), url: `data:${mime};base64,${blob}` } };
  if (typeof text !== "string") return null;
  const data = Buffer.from(text, "utf8").toString("base64");
  return { file: { mime, ...nameOf(uri), url: `data:${mime};base64,${data}` } };
}

function nameOf(uri: unknown): { filename?: string } {
  const name = typeof uri === "string" ? uri.split(/[/\\]/).at(-1) : undefined;
  return name ? { filename: name } : {};
}

/** What a tool call says that it produced. */
export interface ToolContent {
  /** Null when no block holds text. */
  text: string | null;
  diffs: FileChange[];
  files: ContentFile[];
}

/** Reads a tool call's `content`; blocks of other types, such as terminals, are told elsewhere. */
export function readToolContent(content: unknown): ToolContent {
  const texts: string[] = [];
  const result: ToolContent = { text: null, diffs: [], files: [] };
  for (const entry of Array.isArray(content) ? content : []) {
    if (!isRecord(entry)) continue;
    if (entry["type"] === "content") {
      const block = readBlock(entry["content"]);
      if (block && "text" in block) texts.push(block.text);
      if (block && "file" in block) result.files.push(block.file);
    } else if (entry["type"] === "diff" && typeof entry["newText"] === "string") {
      const oldText = typeof entry["oldText"] === "string" ? entry["oldText"] : null;
      result.diffs.push({ path: String(entry["path"] ?? ""), oldText, newText: entry["newText"] });
    }
  }
  if (texts.length > 0) result.text = texts.join("\n");
  return result;
}

/** The text in a tool's `rawOutput`, which every agent shapes its own way; null when there is none. */
export function readRawOutput(rawOutput: unknown): string | null {
  if (typeof rawOutput === "string") return rawOutput;
  if (!isRecord(rawOutput)) return null;
  for (const key of [
    "output",
    "formatted_output",
    "aggregated_output",
    "stdout",
    "error",
    "message",
  ]) {
    const value = rawOutput[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

/** How a command ended, from the places where agents put it; null when none tells. */
export function readExitCode(rawOutput: unknown): number | null {
  if (!isRecord(rawOutput)) return null;
  const { metadata, exit_code: exitCode, exitCode: camelExitCode } = rawOutput;
  const candidates = [exitCode, camelExitCode, isRecord(metadata) ? metadata["exit"] : null];
  return candidates.find((candidate) => typeof candidate === "number") ?? null;
}
