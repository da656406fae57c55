import { createMessageId, createPartId } from "#lib/ids.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import type { AssistantMessage, TextPart, UserMessage } from "./canonical-items.ts";
import { messageIdAfter } from "./message-id-after.ts";

interface TurnStart {
  sessionId: string;
  promptMessageId: string;
  promptText: string;
  agentLabel: string;
  modelId?: string | null;
}

const MODEL_SEPARATOR = "/";

/** The prompt as items, and the answer before anything was said. `createdAt` is in milliseconds since 1970. */
export function createTurnMessages(start: TurnStart, createdAt: number) {
  return { ...createPrompt(start, createdAt), answer: createAnswer(start, createdAt) };
}

function createPrompt(start: TurnStart, createdAt: number) {
  const message: UserMessage = {
    id: start.promptMessageId,
    sessionID: start.sessionId,
    role: "user",
    time: { created: createdAt },
    agent: start.agentLabel,
    model: splitModelId(start.modelId),
  };
  const part: TextPart = {
    id: createPartId(),
    messageID: start.promptMessageId,
    sessionID: start.sessionId,
    type: "text",
    text: start.promptText,
    time: { start: createdAt, end: createdAt },
  };
  return { message, part };
}

function createAnswer(start: TurnStart, createdAt: number): AssistantMessage {
  return {
    id: messageIdAfter(start.promptMessageId, createMessageId()),
    sessionID: start.sessionId,
    role: "assistant",
    time: { created: createdAt },
    parentID: start.promptMessageId,
    agent: start.agentLabel,
    mode: start.agentLabel,
    ...splitModelId(start.modelId),
    path: { cwd: "", root: "" },
    cost: 0,
    tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
  };
}

/** OpenCode and Kilo name the provider before the model; others tell a model alone, or none. */
function splitModelId(modelId: string | null | undefined): UserMessage["model"] {
  const [first = "", ...rest] = (modelId ?? "").split(MODEL_SEPARATOR);
  if (first === "" || rest.length === 0) return { providerID: "", modelID: modelId ?? "" };
  return { providerID: first, modelID: rest.join(MODEL_SEPARATOR) };
}

export function messageItem(message: UserMessage | AssistantMessage): ItemInput {
  return { type: "message", messageId: message.id, partId: "", body: JSON.stringify(message) };
}

export function partItem(part: { id: string; messageID: string }): ItemInput {
  return { type: "part", messageId: part.messageID, partId: part.id, body: JSON.stringify(part) };
}
