import { type JsonObject, readNumber, readObject, readText } from "#lib/json.ts";
import { noteUsage, type OpenMessage } from "../open-message.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import type { PartBody } from "../transcript-parts.ts";
import { readBlocks, readFileBlock } from "./claude-blocks.ts";

interface AnswerRecord {
  record: JsonObject;
  timeMs: number;
}

/** A record of an answer, which comes in several: each brings the next blocks, and says again what the step took. */
export function addAnswer(
  items: TranscriptItems,
  answer: OpenMessage,
  { record, timeMs }: AnswerRecord,
): void {
  const said = readObject(record, "message");
  const { info } = answer;
  info.time.completed = timeMs;
  const model = readText(said, "model");
  if (model !== null && model !== "<synthetic>") {
    info.modelID = model;
    info.providerID = "anthropic";
  }
  info.finish = readText(said, "stop_reason") ?? info.finish ?? "";
  const cost = readNumber(record, "costUSD");
  if (cost !== null) info.cost = (info.cost ?? 0) + cost;
  noteTokens(answer, said);
  const blocks = readBlocks(said["content"]);
  if (record["isApiErrorMessage"] === true) {
    const message = blocks.map((block) => readText(block, "text") ?? "").join("\n");
    info.error = { name: "UnknownError", data: { message } };
    return;
  }
  for (const block of blocks) addBlock(items, answer, { block, timeMs });
}

function noteTokens(answer: OpenMessage, said: JsonObject): void {
  const usage = readObject(said, "usage");
  const count = (name: string) => readNumber(usage, name) ?? 0;
  noteUsage(answer, readText(said, "id") ?? "", {
    input: count("input_tokens"),
    output: count("output_tokens"),
    reasoning: 0,
    cache: { read: count("cache_read_input_tokens"), write: count("cache_creation_input_tokens") },
  });
}

function addBlock(
  items: TranscriptItems,
  answer: OpenMessage,
  { block, timeMs }: { block: JsonObject; timeMs: number },
): void {
  const callId = readText(block, "id");
  const name = readText(block, "name");
  const isCall = readText(block, "type")?.endsWith("tool_use");
  if (isCall && callId !== null && name !== null)
    items.addCall(answer, { callId, name, input: block["input"], timeMs });
  else if (!addServerResult(items, { block, timeMs })) items.addPart(answer, toPart(block, timeMs));
}

/** Tools of the provider bring their results within the answer. */
function addServerResult(
  items: TranscriptItems,
  { block, timeMs }: { block: JsonObject; timeMs: number },
): boolean {
  const callId = readText(block, "tool_use_id");
  if (callId === null) return false;
  return items.settleCall(callId, ({ state }) => {
    state.status = "completed";
    state.output = JSON.stringify(block["content"] ?? null, null, 2);
    state.time.end = timeMs;
  });
}

function toPart(block: JsonObject, timeMs: number): PartBody {
  const time = { start: timeMs, end: timeMs };
  const text = block["text"];
  const thinking = block["thinking"];
  if (block["type"] === "text" && typeof text === "string") return { type: "text", text, time };
  if (block["type"] === "thinking" && typeof thinking === "string") {
    const signature = readText(block, "signature");
    const metadata = signature === null ? {} : { metadata: { anthropic: { signature } } };
    // How long it took is not told.
    return { type: "reasoning", text: thinking, time: { start: timeMs }, ...metadata };
  }
  const isQuiet = block["type"] === "redacted_thinking";
  const unknown = { type: "update", kind: readText(block, "type") ?? "", data: block };
  return readFileBlock(block) ?? { ...unknown, ...(isQuiet && { ignored: true }) };
}
