import { AppError } from "#lib/errors.ts";

interface Seats {
  /** Returns how to leave; safe to repeat. Throws `rate_limited` when there is no room. */
  take(teamId: string): () => void;
}

/** Counts who reads for long at this process, of one team and at all. */
export function createSeats({ max, maxOfTeam }: { max: number; maxOfTeam: number }): Seats {
  const countByTeam = new Map<string, number>();
  let count = 0;
  return {
    take(teamId) {
      const ofTeam = countByTeam.get(teamId) ?? 0;
      if (count >= max || ofTeam >= maxOfTeam)
        throw new AppError("rate_limited", "Too many follow outputs here at this moment");
      count += 1;
      countByTeam.set(teamId, ofTeam + 1);
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        count -= 1;
        const left = countByTeam.get(teamId)! - 1;
        if (left === 0) countByTeam.delete(teamId);
        else countByTeam.set(teamId, left);
      };
    },
  };
}
