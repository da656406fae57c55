import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, readList, readNumber, readObject, readText } from "#lib/json.ts";
import { dataUrl, filePart, type PartBody } from "../transcript-parts.ts";

/** The content of a message: a text, or blocks. */
export const readBlocks = (content: unknown): readonly JsonObject[] =>
  typeof content === "string"
    ? [{ type: "text", text: content }]
    : Array.isArray(content)
      ? content.filter(isRecord)
      : [];

/** Null for what is no picture and no document, or does not carry its bytes. */
export function readFileBlock(block: JsonObject): PartBody | null {
  const { type } = block;
  if (type !== "image" && type !== "document") return null;
  const source = readObject(block, "source");
  const name = readText(block, "title") ?? undefined;
  const mime = readText(source, "media_type") ?? (type === "image" ? "image/png" : "text/plain");
  const data = readText(source, "data");
  const url = readText(source, "url");
  if (url !== null) return filePart(mime, url, name);
  if (data === null) return null;
  if (source["type"] !== "text") return filePart(mime, dataUrl(mime, data), name);
  return filePart(mime, dataUrl(mime, Buffer.from(data).toString("base64")), name);
}

export interface ToolResult {
  text: string;
  files: PartBody[];
}

/** What a tool gave back: texts one after the other, and files; of a block of another type its JSON. */
export function readToolResult(content: unknown): ToolResult {
  const result: ToolResult = { text: "", files: [] };
  const texts: string[] = [];
  for (const block of readBlocks(content)) {
    const file = readFileBlock(block);
    if (file) result.files.push(file);
    else if (block["type"] === "text") texts.push(readText(block, "text") ?? "");
    else texts.push(readText(block, "tool_name") ?? JSON.stringify(block));
  }
  result.text = texts.join("\n");
  return result;
}

/** A result as the program keeps it for itself: what it says beyond the text that the model got. */
export function readResultFacts(result: JsonObject): Record<string, unknown> {
  const { agentId, exitCode, answers } = result;
  const path = readText(result, "filePath");
  const hunks = readList(result, "structuredPatch").filter(isRecord);
  return {
    ...(path !== null && hunks.length > 0 && { diff: toPatch(path, hunks) }),
    ...(typeof agentId === "string" && { agentId }),
    ...(typeof exitCode === "number" && { exitCode }),
    ...(isRecord(answers) && { answers: Object.values(answers) }),
  };
}

function toPatch(path: string, hunks: readonly JsonObject[]): string {
  const lines = hunks.flatMap((hunk) => {
    const count = (name: string) => readNumber(hunk, name) ?? 0;
    const header = `@@ -${count("oldStart")},${count("oldLines")} +${count("newStart")},${count("newLines")} @@`;
    return [header, ...readList(hunk, "lines").filter((line) => typeof line === "string")];
  });
  return [`--- ${path}`, `+++ ${path}`, ...lines, ""].join("\n");
}
