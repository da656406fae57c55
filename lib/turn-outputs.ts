import type { Output } from "./output.ts";

/** What came out of one turn. */
export interface TurnOutputs {
  /** Where the turn begins in the session's log. */
  start: number;
  /** The first of them, in the order in which they began. */
  outputs: Output[];
  /** How many there are. */
  total: number;
}
