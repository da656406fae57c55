import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, readList, readObject, readText } from "#lib/json.ts";
import { dataUrl, filePart, type PartBody } from "../transcript-parts.ts";

/** The content of a message: a text, one part of the API, or several of them. */
export function readParts(content: unknown): PartBody[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  const blocks = (Array.isArray(content) ? content : [content]).filter(
    (block) => typeof block === "string" || isRecord(block),
  );
  return blocks.map((block) =>
    typeof block === "string" ? { type: "text", text: block } : readPart(block),
  );
}

function readPart(block: JsonObject): PartBody {
  const text = block["text"];
  if (typeof text === "string") return { type: "text", text };
  const inline = readObject(block, "inlineData");
  const data = readText(inline, "data");
  const mime = readText(inline, "mimeType") ?? "application/octet-stream";
  if (data !== null) return filePart(mime, dataUrl(mime, data));
  const file = readObject(block, "fileData");
  const url = readText(file, "fileUri");
  if (url !== null) return filePart(readText(file, "mimeType") ?? mime, url);
  return { type: "update", kind: Object.keys(block)[0] ?? "part", data: block };
}

export interface CallResult {
  text: string;
  files: PartBody[];
}

/** What a call gave back: texts of its responses, files beside them, and where neither is there what was shown. */
export function readResult(call: JsonObject): CallResult {
  const result = call["result"];
  const blocks = (Array.isArray(result) ? result : [result]).filter(isRecord);
  const texts: string[] = [];
  const files: PartBody[] = [];
  for (const block of blocks) {
    const response = readObject(block, "functionResponse");
    const nested = readList(response, "parts").flatMap(readParts);
    const told = readObject(response, "response");
    const text = readText(told, "output") ?? readText(told, "error");
    if (text !== null) texts.push(text);
    else if (Object.keys(told).length > 0) texts.push(JSON.stringify(told, null, 2));
    const beside = "functionResponse" in block ? nested : readParts(block);
    for (const part of beside) {
      if (part.type === "file") files.push(part);
      else if (typeof part["text"] === "string") texts.push(part["text"]);
    }
  }
  const shown = call["resultDisplay"];
  if (texts.length === 0 && typeof shown === "string") texts.push(shown);
  return { text: texts.join("\n"), files };
}

/** What a file was before and after, where the call has changed one. */
export function readShown(call: JsonObject): Record<string, unknown> {
  const shown = readObject(call, "resultDisplay");
  const diff = readText(shown, "fileDiff");
  const todos = readList(shown, "todos");
  return { ...(diff !== null && { fileDiff: diff }), ...(todos.length > 0 && { todos }) };
}
