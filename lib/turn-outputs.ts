import type { Output } from "./output.ts";

/** What came out of one turn. */
export interface TurnOutputs {
  /** Where the turn begins in the session's log. */
  start: number;
  /** Those that are being written, then the newest; in the order in which they began. */
  outputs: Output[];
  /** How many there are. */
  total: number;
}
