import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { CompactionPart } from "./canonical-items.ts";
import { joinTexts } from "./read-content.ts";
import {
  addPart,
  closeText,
  createPart,
  type ItemChange,
  type ReduceOptions,
  type TurnItems,
} from "./turn-items.ts";

/** Of a part that was made by words: no agent tells an id with them. */
const SAID = "said";

/** What agents without updates of the kind say, each in a chunk of its own; `before` and `after` are tokens. */
const COMPACTED_WORDS: readonly RegExp[] = [
  // Claude Code, behind "Compacting..."
  /^\s*Compacting completed\.\s*$/,
  // Qwen Code, by itself and after `/compress`
  /^\s*IMPORTANT: This conversation approached the input token limit for [^\n]* \(compressed from: (?<before>\d+|unknown) to (?<after>\d+|unknown) tokens\)\.\s*$/,
  /^\s*Context compressed \((?<before>\d+) -> (?<after>\d+)\)\.\s*$/,
  // Codex
  /^\s*\*Context compacted to fit the model's context window\.\*\s*$/,
];
const COMPACTING_WORDS = /^\s*Compacting\.\.\.\s*$/;
const NOT_COMPACTED_WORDS = /^\s*Compacting (?:failed|cancell?ed|aborted)\b/;

/** `compaction_update` and `compaction_summary_chunk`: an id has one part, which later updates change in place. */
export function applyCompaction(
  turn: TurnItems,
  update: AgentUpdate,
  options: ReduceOptions,
): ItemChange[] {
  const compactionId = String(update["compactionId"] ?? "");
  const known = turn.parts.get(turn.compactionPartIds.get(compactionId) ?? "");
  const changes = known ? [] : closeText(turn, options.now);
  const part =
    known?.type === "compaction"
      ? known
      : (createPart(turn, options, {
          ...newCompaction(compactionId),
          ...tokensBefore(turn),
        }) as CompactionPart);
  turn.compactionPartIds.set(compactionId, part.id);
  turn.lastCompactionPartId = part.id;
  const { status, summary, error, content } = update;
  if (typeof status === "string") part.status = status;
  if (summary === null) part.summary = "";
  else if (Array.isArray(summary)) part.summary = joinTexts(summary);
  part.summary += joinTexts([content]);
  if (typeof error === "string") part.error = error;
  return [...changes, { kind: "part", partId: part.id, urgent: !known || status !== undefined }];
}

/**
 * A chunk in which an agent says that it has shortened its context becomes the part that others have an update for;
 * null for every other text. "Compacting..." stays what it is: words.
 */
export function applyCompactionWords(
  turn: TurnItems,
  text: string,
  options: ReduceOptions,
): ItemChange[] | null {
  if (COMPACTING_WORDS.test(text)) {
    turn.contextBeforeCompaction = contextOf(turn);
    turn.tellsCompaction = true;
  }
  if (NOT_COMPACTED_WORDS.test(text)) turn.contextBeforeCompaction = undefined;
  const match = COMPACTED_WORDS.map((words) => words.exec(text)).find((found) => found !== null);
  if (!match) return null;
  const said = { before: Number(match.groups?.["before"]), after: Number(match.groups?.["after"]) };
  const isTold = Number.isFinite(said.before) && Number.isFinite(said.after);
  const changes = addPart(turn, options, {
    ...newCompaction(SAID),
    status: "completed",
    ...(isTold ? { tokens: said } : tokensBefore(turn)),
  });
  turn.lastCompactionPartId = [...turn.parts.keys()].at(-1) ?? null;
  return [...changes, ...noteContext(turn)];
}

/** The context that the agent tells once it has shortened it: nothing to see in one that is no smaller. */
export function noteContext(turn: TurnItems): ItemChange[] {
  const part = turn.parts.get(turn.lastCompactionPartId ?? "");
  const used = turn.message.context?.used;
  if (part?.type !== "compaction" || !part.tokens || used === undefined) return [];
  if (part.status !== "completed") return [];
  if (part.tokens.after !== null || used >= part.tokens.before) return [];
  part.tokens.after = used;
  return [{ kind: "part", partId: part.id, urgent: false }];
}

/**
 * `/compact` as OpenCode and Kilo take it: they shorten their context, and tell only that the turn has ended. Only for
 * agents that know the command: to all others it is a prompt like any other, and ends as well.
 */
export function applyCompactCommand(
  turn: TurnItems,
  { promptText, now, createPartId }: ReduceOptions & { promptText: string },
): ItemChange[] {
  const isTold = turn.lastCompactionPartId !== null || turn.tellsCompaction;
  if (isTold || !/^\/compact\s*$/.test(promptText)) return [];
  const { used } = turn.message.context ?? {};
  const before = turn.contextBefore;
  const isKnown = before !== undefined && used !== undefined;
  if (isKnown && used >= before) return [];
  return addPart(
    turn,
    { now, createPartId },
    {
      ...newCompaction(SAID),
      status: "completed",
      ...(isKnown ? { tokens: { before, after: used } } : {}),
    },
  );
}

/** A compaction that nobody has told the end of ends with its turn. */
export function endCompactions(
  turn: TurnItems,
  { status, error }: Required<Pick<CompactionPart, "status" | "error">>,
): ItemChange[] {
  const changes: ItemChange[] = [];
  for (const partId of turn.compactionPartIds.values()) {
    const part = turn.parts.get(partId);
    if (part?.type !== "compaction" || part.status !== "in_progress") continue;
    Object.assign(part, { status, error });
    changes.push({ kind: "part", partId, urgent: true });
  }
  return changes;
}

const newCompaction = (compactionId: string) => ({
  type: "compaction" as const,
  auto: true as const,
  compactionId,
  status: "in_progress",
  summary: "",
});

const contextOf = (turn: TurnItems) => turn.message.context?.used ?? turn.contextBefore ?? null;

function tokensBefore(turn: TurnItems): Pick<CompactionPart, "tokens"> {
  const { contextBeforeCompaction: told = contextOf(turn) } = turn;
  turn.contextBeforeCompaction = undefined;
  return told === null ? {} : { tokens: { before: told, after: null } };
}
