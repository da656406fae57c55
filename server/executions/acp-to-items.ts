import { type AgentUpdate, PERMISSION_REQUEST } from "#server/agents/agent-update.ts";
import { isRecord } from "#lib/is-record.ts";
import type { TextPart, ToolPart } from "./canonical-items.ts";
import { applyCompaction, applyCompactionWords, noteContext } from "./compaction.ts";
import { readBlock, readToolContent } from "./read-content.ts";
import { applyToolCall } from "./tool-call.ts";
import {
  addPart,
  closeText,
  createPart,
  fileBody,
  type ItemChange,
  partIds,
  type ReduceOptions,
  type TurnItems,
} from "./turn-items.ts";

/** Parts of unknown updates that a turn keeps; the others are counted. */
const UNKNOWN_UPDATES_MAX = 200;

/** A longer text goes on in a new part, so that no item outgrows the largest one that is stored. */
export const PART_TEXT_MAX_CHARACTERS = 8_000_000;
/** Applies one `session/update` to the turn, in place (texts grow to megabytes), and tells what changed. */
export function applyUpdate(
  turn: TurnItems,
  update: AgentUpdate,
  options: ReduceOptions,
): ItemChange[] {
  switch (update.sessionUpdate) {
    case "agent_message_chunk":
    case "agent_thought_chunk":
      return applyChunk(turn, update, options);
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
      return applyNotice(turn, update, options);
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

/** Known by the beginning of a part: before its address, which may be long. */
const THOUGHT = { thought: true } as const;

function applyChunk(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const type = update.sessionUpdate === "agent_thought_chunk" ? "reasoning" : "text";
  const block = readBlock(update["content"]);
  if (block === null) return applyUnknown(turn, update, options);
  if ("file" in block) {
    const { file } = block;
    const body =
      type === "text" ? fileBody(file) : { type: "file" as const, metadata: THOUGHT, ...file };
    return [...closeText(turn, options.now), ...addPart(turn, options, body)];
  }
  if (block.text === "") return [];
  const compacted = type === "text" ? applyCompactionWords(turn, block.text, options) : null;
  if (compacted) return compacted;

  const sourceId = typeof update["messageId"] === "string" ? update["messageId"] : null;
  const changes: ItemChange[] = [];
  let open = turn.openText;
  if (!open || !continues(open, { type, sourceId, length: block.text.length })) {
    changes.push(...closeText(turn, options.now));
    const part = createPart(turn, options, {
      type,
      text: "",
      time: { start: options.now },
    }) as TextPart;
    open = { part, sourceId };
    turn.openText = open;
  }
  const { part } = open;
  changes.push({
    kind: "text",
    partId: part.id,
    partType: type,
    offset: part.text.length,
    text: block.text,
  });
  part.text += block.text;
  return changes;
}

function continues(
  { part, sourceId }: NonNullable<TurnItems["openText"]>,
  chunk: { type: TextPart["type"]; sourceId: string | null; length: number },
): boolean {
  const isSameMessage = sourceId === chunk.sourceId || sourceId === null || chunk.sourceId === null;
  return (
    part.type === chunk.type &&
    isSameMessage &&
    part.text.length + chunk.length <= PART_TEXT_MAX_CHARACTERS
  );
}

function applyToolUpdate(
  turn: TurnItems,
  update: AgentUpdate,
  options: ReduceOptions,
): ItemChange[] {
  const callId = update["toolCallId"];
  if (typeof callId !== "string" || callId === "") return applyUnknown(turn, update, options);
  const changes: ItemChange[] = [];
  let part = turn.parts.get(turn.toolPartIds.get(callId) ?? "") as ToolPart | undefined;
  // Of a call that ended long ago and was released.
  if (!part && turn.toolPartIds.has(callId)) return applyUnknown(turn, update, options);
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
  return changes;
}

/** Agents shape the call anew when they ask: of one that is known only a diff is news. */
function applyPermissionRequest(
  turn: TurnItems,
  update: AgentUpdate,
  options: ReduceOptions,
): ItemChange[] {
  const { toolCallId, status: _status, content, ...rest } = update;
  const known = turn.parts.get(turn.toolPartIds.get(String(toolCallId)) ?? "");
  if (known?.type !== "tool")
    return applyToolUpdate(turn, { ...rest, toolCallId, content }, options);
  const { diffs } = readToolContent(content);
  if (known.state.metadata.diffs || diffs.length === 0) return [];
  known.state.metadata.diffs = diffs;
  return [{ kind: "part", partId: known.id, urgent: false }];
}

const newToolBody = (callID: string, now: number) => ({
  type: "tool" as const,
  callID,
  tool: "",
  state: {
    status: "pending" as const,
    input: {},
    raw: "",
    title: "",
    output: "",
    metadata: {},
    time: { start: now },
  },
});

/**
 * A plan is what OpenCode has as a call of its tool for todos: one call a turn, replaced in place. Agents that call
 * such a tool themselves have a part for each call already.
 */
function applyPlan(turn: TurnItems, entries: unknown, options: ReduceOptions): ItemChange[] {
  const todos = (Array.isArray(entries) ? entries : []).filter(isRecord).map((entry) => ({
    content: String(entry["content"] ?? entry["description"] ?? ""),
    status: String(entry["status"] ?? "pending"),
    priority: String(entry["priority"] ?? "medium"),
  }));
  const openCount = todos.filter(({ status }) => status !== "completed").length;
  const known = turn.parts.get(turn.planPartId ?? "") as ToolPart | undefined;
  const start = known?.state.time.start ?? options.now;
  const state = {
    status: "completed" as const,
    input: { todos },
    title: `${openCount} todos`,
    output: "",
    metadata: {},
    time: { start, end: options.now },
  };
  if (known) {
    known.state = state;
    return [{ kind: "part", partId: known.id, urgent: false }];
  }
  const callID = `plan-${turn.message.id}`;
  const part = createPart(turn, options, { type: "tool", callID, tool: "todowrite", state });
  turn.planPartId = part.id;
  return [{ kind: "part", partId: part.id, urgent: true }];
}

/** Something the agent wants people to know. */
function applyNotice(turn: TurnItems, update: AgentUpdate, options: ReduceOptions): ItemChange[] {
  const { description } = update;
  const notice = {
    severity: String(update["severity"] ?? "info"),
    title: String(update["title"] ?? ""),
    description: typeof description === "string" ? description : null,
  };
  return addPart(turn, options, {
    type: "text",
    text: [notice.title, notice.description].filter(Boolean).join("\n\n"),
    metadata: { notice },
    time: { start: options.now, end: options.now },
  });
}

function applyUsageUpdate(turn: TurnItems, { used, size, cost }: AgentUpdate): ItemChange[] {
  if (typeof used === "number" && typeof size === "number") turn.message.context = { used, size };
  // The agent counts from the session's beginning.
  if (isRecord(cost) && typeof cost["amount"] === "number" && cost["currency"] === "USD") {
    turn.message.cost = Math.max(0, cost["amount"] - turn.costBefore);
  }
  return [{ kind: "message", urgent: false }, ...noteContext(turn)];
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
