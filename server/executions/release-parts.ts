import type { Part } from "./canonical-items.ts";
import type { TurnItems } from "./turn-items.ts";

/** Of calls that have ended and are stored; agents tell more of the latest ones now and then. */
export const ENDED_CALLS_MAX_CHARACTERS = 16_000_000;

/**
 * Lets go of what a turn has stored and nothing is added to any more: at once of all but calls, and of those, the oldest
 * first, once they are more than `ENDED_CALLS_MAX_CHARACTERS` together. Their ids stay known.
 */
export function createPartRelease(turn: TurnItems) {
  const endedCalls = new Map<string, number>();
  let characters = 0;

  const forget = (partId: string) => {
    characters -= endedCalls.get(partId) ?? 0;
    endedCalls.delete(partId);
  };

  return {
    /** The part is stored as it is now. */
    stored(partId: string, bodyCharacters: number): void {
      const part = turn.parts.get(partId);
      if (!part || part.id === turn.planPartId || !hasEnded(part)) return;
      if (part.type !== "tool") {
        turn.parts.delete(partId);
        return;
      }
      forget(partId);
      endedCalls.set(partId, bodyCharacters);
      characters += bodyCharacters;
      for (const oldest of endedCalls.keys()) {
        if (characters <= ENDED_CALLS_MAX_CHARACTERS) break;
        turn.parts.delete(oldest);
        forget(oldest);
      }
    },
    /** The part is no longer as it is stored. */
    changed: forget,
  };
}

function hasEnded(part: Part): boolean {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.time.end !== undefined;
    case "tool":
      return part.state.status === "completed" || part.state.status === "error";
    // The context that it has left may be told much later.
    case "compaction":
      return false;
    default:
      return true;
  }
}
