import { TURNS_WITH_OUTPUTS_MAX } from "#lib/limits.ts";
import type { MessageView, SessionView } from "#components/session/session-view.ts";
import type { Turn } from "#components/transcript/build-turns.ts";

export interface TurnRange {
  /** Where turns begin in the session's log, ascending. */
  starts: number[];
  /** Where the last of them ends, for all that is loaded; null at the session's end. */
  until: number | null;
}

/** Where a turn begins in the session's log; null as long as nothing of it is stored. */
export function turnStart({ prompt, answers }: Turn): number | null {
  const first = prompt === null ? answers[0] : prompt.message;
  return first && first.firstSeq < Number.MAX_SAFE_INTEGER ? first.firstSeq : null;
}

/** The turns whose outputs have a place on the page: the last ones, where there are very many. */
export function turnRange(
  { after }: Pick<SessionView, "after">,
  turns: readonly Turn[],
): TurnRange {
  const starts = turns.map(turnStart).filter((start) => start !== null);
  const ascending = [...new Set(starts)].toSorted((one, other) => one - other);
  const last = turns.at(-1);
  return {
    starts: ascending.slice(-TURNS_WITH_OUTPUTS_MAX),
    until: after === null || !last ? null : lastSeq(last),
  };
}

function lastSeq({ prompt, answers }: Turn): number {
  const messages = [prompt?.message, ...answers].filter((message) => message != null);
  return Math.max(0, ...messages.flatMap(seqsOf));
}

const seqsOf = ({ item, parts }: MessageView) =>
  [item, ...parts.map((part) => part.item)].map((each) => each?.firstSeq ?? 0);
