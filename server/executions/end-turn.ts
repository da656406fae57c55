import { toAppError } from "#lib/errors.ts";
import { endCompactions } from "./compaction.ts";
import { setToolStatus } from "./tool-call.ts";
import { closeText, type ItemChange, type TurnItems } from "./turn-items.ts";

/** How a turn ended: the agent's answer, or what broke it. */
export type TurnEnd =
  | { stopReason: string; usage?: Record<string, unknown> | null }
  | { error: unknown };

/** Ends what is still open when the turn is over, and tells on the message how it ended. */
export function endTurn(turn: TurnItems, end: TurnEnd, now: number): ItemChange[] {
  const changes = closeText(turn, now);
  for (const partId of turn.toolPartIds.values()) {
    const part = turn.parts.get(partId);
    if (part?.type !== "tool" || !setToolStatus(part.state, "error", now)) continue;
    part.state.error = unfinishedReason(end);
    changes.push({ kind: "part", partId, urgent: true });
  }
  const status = isCancelled(end) ? "cancelled" : "failed";
  changes.push(...endCompactions(turn, { status, error: unfinishedReason(end) }));
  if ("usage" in end && end.usage) applyUsage(turn, end.usage);
  turn.message.time.completed = now;
  describeEnd(turn, end);
  return [...changes, { kind: "message", urgent: true }];
}

function describeEnd({ message }: TurnItems, end: TurnEnd): void {
  if ("error" in end) {
    message.error = { name: "UnknownError", data: { message: toAppError(end.error).message } };
    return;
  }
  message.finish = end.stopReason;
  if (!isCancelled(end)) return;
  message.error = { name: "MessageAbortedError", data: { message: "The turn was cancelled" } };
}

const isCancelled = (end: TurnEnd) => "stopReason" in end && end.stopReason === "cancelled";

function unfinishedReason(end: TurnEnd): string {
  if ("error" in end) return "The turn failed before this ended";
  if (isCancelled(end)) return "Cancelled";
  return "The agent did not say how this ended";
}

/** Reads the tokens that the answer to `session/prompt` tells; absent counts stay as they are. */
function applyUsage({ message }: TurnItems, usage: Record<string, unknown>): void {
  const { tokens } = message;
  const count = (key: string, before: number) =>
    typeof usage[key] === "number" ? usage[key] : before;
  tokens.input = count("inputTokens", tokens.input);
  tokens.output = count("outputTokens", tokens.output);
  tokens.reasoning = count("thoughtTokens", tokens.reasoning);
  tokens.cache.read = count("cachedReadTokens", tokens.cache.read);
  tokens.cache.write = count("cachedWriteTokens", tokens.cache.write);
}
