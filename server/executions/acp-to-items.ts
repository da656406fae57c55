import { isRecord } from "#lib/is-record.ts";
import { type AgentUpdate, PERMISSION_REQUEST } from "#server/agents/agent-update.ts";
import type { AssistantMessage, CompactionPart, FilePart, Part, PlanPart, TextPart, ToolPart } from "./canonical-items.ts";
import { type ContentFile, readBlock, readToolContent } from "./read-content.ts";
import { applyToolCall, setToolStatus } from "./tool-call.ts";

/** A longer text goes on in a new part, so that no item outgrows the largest one that is stored. */
export const PART_TEXT_MAX_CHARACTERS = 8_000_000;
/** Parts of unknown updates that a turn keeps; the others are counted. */
const UNKNOWN_UPDATES_MAX = 200;

/** Everything that a turn's answer consists of, as it is now. */
export interface TurnItems {
  message: AssistantMessage;
  /** By part id, in ascending order. */
  parts: Map<string, Part>;
  toolPartIds: Map<string, string>;
  compactionPartIds: Map<string, string>;
  planPartId: string | null;
  /** The part that the next chunk of the same kind continues. */
  openText: { part: TextPart; sourceId: string | null } | null;
  /** What the session has cost before this turn, US dollars. */
  costBefore: number;
  unknownUpdateCount: number;
}

/** What one update changed. `urgent` asks for a durable write at once. */
export type ItemChange =
  | { kind: "message"; urgent: boolean }
  | { kind: "part"; partId: string; urgent: boolean }
  | { kind: "text"; partId: string; partType: TextPart["type"]; offset: number; text: string };

export interface ReduceOptions {
  now: number;
  /** Each id sorts after the one before. */
  createPartId(): string;
}

export function createTurnItems(message: AssistantMessage, { costBefore = 0 } = {}): TurnItems {
  return {
    message,
    parts: new Map(),
    toolPartIds: new Map(),
    compactionPartIds: new Map(),
    planPartId: null,
    openText: null,
    costBefore,
    unknownUpdateCount: 0,
  };
}

/** Applies one `session/update` to the turn, in place (texts grow to megabytes), and tells what changed. */
export function applyUpdate(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  switch (update.sessionUpdate) {
    case "agent_message_chunk":
      return applyChunk(turn, "text", update, options);
    case "agent_thought_chunk":
      return applyChunk(turn, "reasoning", update, options);
    case "tool_call":
    case "tool_call_update":
      return applyToolUpdate(turn, update, options);
    case PERMISSION_REQUEST:
      return applyPermissionRequest(turn, update, options);
    case "plan":
      return applyPlan(turn, update["entries"], options);
    case "usage_update":
      return applyUsageUpdate(turn, update);
    case "notice":
      return addPart(turn, options, {
        type: "notice",
        severity: String(update["severity"] ?? "info"),
        title: String(update["title"] ?? ""),
        description: typeof update["description"] === "string" ? update["description"] : null,
      });
    case "compaction_update":
    case "compaction_summary_chunk":
      return applyCompaction(turn, update, options);
    case "user_message_chunk": // The prompt is an item already.
    case "available_commands_update": // Settings of the agent, no part of what was said.
    case "current_mode_update":
    case "config_option_update":
    case "session_info_update":
      return [];
    default:
      return applyUnknown(turn, update, options);
  }
}

/** Ends what is still open when the turn is over. */
export function endTurn(turn: TurnItems, { now, reason }: { now: number; reason: string }): ItemChange[] {
  const changes = closeText(turn, now);
  for (const partId of turn.toolPartIds.values()) {
    const part = turn.parts.get(partId);
    if (part?.type !== "tool") continue;
    if (!setToolStatus(part.state, "error", now)) continue;
    part.state.error = reason;
    changes.push({ kind: "part", partId, urgent: true });
  }
  turn.message.time.completed = now;
  return [...changes, { kind: "message", urgent: true }];
}

function applyChunk(turn: TurnItems, type: TextPart["type"], update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const block = readBlock(update["content"]);
  if (block === null) return applyUnknown(turn, update, options);
  if ("file" in block) return [...closeText(turn, options.now), ...addPart(turn, options, fileBody(block.file))];
  if (block.text === "") return [];

  const sourceId = typeof update["messageId"] === "string" ? update["messageId"] : null;
  const changes: ItemChange[] = [];
  let open = turn.openText;
  if (!open || !continues(open, { type, sourceId, length: block.text.length })) {
    changes.push(...closeText(turn, options.now));
    const part = createPart(turn, options, { type, text: "", time: { start: options.now } }) as TextPart;
    open = { part, sourceId };
    turn.openText = open;
  }
  const { part } = open;
  changes.push({ kind: "text", partId: part.id, partType: type, offset: part.text.length, text: block.text });
  part.text += block.text;
  return changes;
}

function continues(
  { part, sourceId }: NonNullable<TurnItems["openText"]>,
  chunk: { type: TextPart["type"]; sourceId: string | null; length: number },
): boolean {
  const isSameMessage = sourceId === chunk.sourceId || sourceId === null || chunk.sourceId === null;
  return part.type === chunk.type && isSameMessage && part.text.length + chunk.length <= PART_TEXT_MAX_CHARACTERS;
}

function closeText(turn: TurnItems, now: number): ItemChange[] {
  const open = turn.openText;
  if (!open) return [];
  turn.openText = null;
  open.part.time.end = now;
  return [{ kind: "part", partId: open.part.id, urgent: true }];
}

function applyToolUpdate(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const callId = update["toolCallId"];
  if (typeof callId !== "string" || callId === "") return applyUnknown(turn, update, options);
  const changes: ItemChange[] = [];
  let part = turn.parts.get(turn.toolPartIds.get(callId) ?? "") as ToolPart | undefined;
  const isNew = part === undefined;
  if (!part) {
    changes.push(...closeText(turn, options.now));
    part = createPart(turn, options, newToolBody(callId, options.now)) as ToolPart;
    turn.toolPartIds.set(callId, part.id);
  }
  const isStatusChanged = applyToolCall(part, update, {
    now: options.now,
    createFile: (file) => ({ ...fileBody(file), ...partIds(turn, options) }),
  });
  changes.push({ kind: "part", partId: part.id, urgent: isNew || isStatusChanged });
  const { todos } = part.state.input;
  if (Array.isArray(todos) && isRecord(update["rawInput"])) changes.push(...applyPlan(turn, todos, options));
  return changes;
}

/** Agents shape the call anew when they ask: of one that is known only a diff is news. */
function applyPermissionRequest(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const { toolCallId, status: _status, content, ...rest } = update;
  const known = turn.parts.get(turn.toolPartIds.get(String(toolCallId)) ?? "");
  if (known?.type !== "tool") return applyToolUpdate(turn, { ...rest, toolCallId, content }, options);
  const { diffs } = readToolContent(content);
  if (known.state.metadata.diffs || diffs.length === 0) return [];
  known.state.metadata.diffs = diffs;
  return [{ kind: "part", partId: known.id, urgent: false }];
}

const newToolBody = (callID: string, now: number) => ({
  type: "tool" as const,
  callID,
  tool: "",
  state: { status: "pending" as const, input: {}, raw: "", title: "", output: "", metadata: {}, time: { start: now } },
});

/** Some agents send plans, others only call a tool with their todos: both end in the turn's one plan. */
function applyPlan(turn: TurnItems, entries: unknown, options: ReduceOptions): ItemChange[] {
  const plan = (Array.isArray(entries) ? entries : []).filter(isRecord).map((entry) => ({
    content: String(entry["content"] ?? entry["description"] ?? ""),
    status: String(entry["status"] ?? "pending"),
    priority: String(entry["priority"] ?? "medium"),
  }));
  const known = turn.parts.get(turn.planPartId ?? "") as PlanPart | undefined;
  if (!known) {
    const part = createPart(turn, options, { type: "plan", entries: plan });
    turn.planPartId = part.id;
    return [{ kind: "part", partId: part.id, urgent: true }];
  }
  known.entries = plan;
  return [{ kind: "part", partId: known.id, urgent: false }];
}

function applyUsageUpdate(turn: TurnItems, { used, size, cost }: AgentUpdate): ItemChange[] {
  if (typeof used === "number" && typeof size === "number") turn.message.context = { used, size };
  // The agent counts from the session's beginning.
  if (isRecord(cost) && typeof cost["amount"] === "number" && cost["currency"] === "USD") {
    turn.message.cost = Math.max(0, cost["amount"] - turn.costBefore);
  }
  return [{ kind: "message", urgent: false }];
}

/** Reads the tokens that the answer to `session/prompt` tells; absent counts stay as they are. */
export function applyUsage({ message }: TurnItems, usage: Record<string, unknown>): void {
  const { tokens } = message;
  const count = (key: string, before: number) => (typeof usage[key] === "number" ? usage[key] : before);
  tokens.input = count("inputTokens", tokens.input);
  tokens.output = count("outputTokens", tokens.output);
  tokens.reasoning = count("thoughtTokens", tokens.reasoning);
  tokens.cache.read = count("cachedReadTokens", tokens.cache.read);
  tokens.cache.write = count("cachedWriteTokens", tokens.cache.write);
}

function applyCompaction(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const compactionId = String(update["compactionId"] ?? "");
  let part = turn.parts.get(turn.compactionPartIds.get(compactionId) ?? "") as CompactionPart | undefined;
  const changes: ItemChange[] = [];
  if (!part) {
    changes.push(...closeText(turn, options.now));
    const body = { type: "compaction" as const, auto: true as const, compactionId, status: "in_progress", summary: "" };
    part = createPart(turn, options, body) as CompactionPart;
    turn.compactionPartIds.set(compactionId, part.id);
  }
  if (typeof update["status"] === "string") part.status = update["status"];
  const block = readBlock(update["content"]);
  if (block && "text" in block) part.summary += block.text;
  if (Array.isArray(update["summary"])) part.summary = joinTexts(update["summary"]);
  return [...changes, { kind: "part", partId: part.id, urgent: false }];
}

function joinTexts(blocks: unknown[]): string {
  return blocks.map((block) => readBlock(block)).map((read) => (read && "text" in read ? read.text : "")).join("");
}

function applyUnknown(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  turn.unknownUpdateCount += 1;
  if (turn.unknownUpdateCount > UNKNOWN_UPDATES_MAX) {
    turn.message.omittedUpdateCount = turn.unknownUpdateCount - UNKNOWN_UPDATES_MAX;
    return [{ kind: "message", urgent: false }];
  }
  const { sessionUpdate, ...data } = update;
  return addPart(turn, options, { type: "update", kind: sessionUpdate, data });
}

type PartBody = Part extends infer Kind ? (Kind extends Part ? Omit<Kind, "id" | "messageID" | "sessionID"> : never) : never;

const fileBody = (file: ContentFile) => ({ type: "file" as const, ...file });

function partIds({ message }: TurnItems, { createPartId }: ReduceOptions): Pick<FilePart, "id" | "messageID" | "sessionID"> {
  return { id: createPartId(), messageID: message.id, sessionID: message.sessionID };
}

function createPart(turn: TurnItems, options: ReduceOptions, body: PartBody): Part {
  const part = { ...partIds(turn, options), ...body } as Part;
  turn.parts.set(part.id, part);
  return part;
}

function addPart(turn: TurnItems, options: ReduceOptions, body: PartBody): ItemChange[] {
  const changes = closeText(turn, options.now);
  const part = createPart(turn, options, body);
  return [...changes, { kind: "part", partId: part.id, urgent: true }];
}
