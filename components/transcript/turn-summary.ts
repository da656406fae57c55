import type { ChangeCounts } from "#lib/changes/read-changes.ts";
import { readNumber, readObject } from "#lib/json.ts";
import type { MessageView, PartView } from "#components/session/session-view.ts";
import type { Turn } from "./build-turns.ts";
import { createdAt } from "./created-at.ts";
import { countCallChanges, readToldCounts } from "#lib/changes/count-call-changes.ts";
import { readTool } from "./tool/read-tool.ts";

export interface TurnSummary {
  /** Null when the source tells no times. */
  elapsedMs: number | null;
  toolCount: number;
  additions: number;
  deletions: number;
  /** Some call has changed more lines than could be counted here. */
  areChangesPartial: boolean;
}

/** What a finished turn took and did. Reads every change of files: keep the result. */
export function summarizeTurn({ prompt, answers }: Turn): TurnSummary {
  const parts = answers.flatMap((answer) => answer.parts);
  const tools = parts.filter(({ kind }) => kind === "tool");
  const counted = tools.map(countTool);
  const counts = counted.flatMap((each) => each ?? []);
  const first = prompt?.message ?? answers[0];
  const startedAt = first ? createdAt(first) : null;
  const endedAt = Math.max(...answers.map(completedAt), ...parts.map(partEndedAt));
  return {
    elapsedMs: startedAt === null || endedAt <= 0 ? null : Math.max(0, endedAt - startedAt),
    toolCount: tools.length,
    additions: counts.reduce((sum, { additions }) => sum + additions, 0),
    deletions: counts.reduce((sum, { deletions }) => sum + deletions, 0),
    areChangesPartial: counted.includes(null),
  };
}

const NOTHING = { additions: 0, deletions: 0 };

/** Null for a call that has changed lines nobody knows of: of a body that is cut only the beginning is here. */
function countTool({ data, item }: PartView): ChangeCounts | null {
  if (data === null) return NOTHING;
  if (item?.body !== null) return countCallChanges(data);
  const { action, status } = readTool(data);
  const isChange = (action === "edit" || action === "write") && status === "completed";
  return isChange ? readToldCounts(data) : NOTHING;
}

function completedAt(message: MessageView): number {
  return readNumber(readObject(message.data, "time"), "completed") ?? 0;
}

function partEndedAt({ data }: PartView): number {
  const own = readNumber(readObject(data, "time"), "end");
  return own ?? readNumber(readObject(readObject(data, "state"), "time"), "end") ?? 0;
}
