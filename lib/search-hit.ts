/** UTF-16 units, `end` exclusive: `text.slice(start, end)`. */
export interface TextRange {
  start: number;
  end: number;
}

/** What a hit is in: what somebody asked, what the agent said, thought, handed to a tool, or got from it. */
export type SearchKind = "prompt" | "answer" | "reasoning" | "input" | "output";

/** The best place of a session for what was searched. */
export interface SearchHit {
  kind: SearchKind;
  messageId: string;
  partId: string;
  /** Plain text around the find, never markup. */
  text: string;
  /** What was found in it, ascending. */
  ranges: TextRange[];
  /** Places of the session that were found, this one included. */
  count: number;
}

/** Parameter of a session's address: what was found at the place that the fragment names. */
export const FOUND_PARAMETER = "found";
