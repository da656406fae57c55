/**
 * What readers of a session get, whoever they are: windows of its transcript, its outline, and what was found in it.
 * A place is `msg_…` for a message or `msg_…/prt_…` for a part; both ids may be of any shape that an item may have.
 */
import type { Cursor, WireItem } from "./live-protocol.ts";

/** At most one of the three. */
export interface WindowPlace {
  /** The window that ends right before this place. */
  before?: string | undefined;
  /** The window that begins right after this place. */
  after?: string | undefined;
  /** A place, or the id of a part alone, or `start`, `end`, `turn:3`: the window with it, and something before it. */
  around?: string | undefined;
}

export interface WindowQuery extends WindowPlace {
  /** `answers` leaves out everything between a prompt and the last message of its turn. */
  only?: "answers" | undefined;
  /** What a first screen needs, not a whole page. */
  isFirst?: boolean | undefined;
}

/** An item that was refused when it came: it would stand here. */
export interface TranscriptHole {
  messageId: string;
  /** Null for the message itself. */
  partId: string | null;
  byteSize: number;
  /** Safe to show. */
  reason: string;
}

/** A window of a transcript. */
export interface TranscriptPage {
  /**
   * Messages in their order, each followed by its parts in the order of their ids. Bodies above a limit come as their
   * beginning. A message that does not fit is cut between two parts, and stands itself in both windows.
   */
  items: readonly WireItem[];
  /** Where the window before this one ends; null at the beginning of the transcript. */
  before: string | null;
  /** Where the window after this one begins; null at its end. */
  after: string | null;
  /** The last turn goes on after the window. */
  endsInTurn: boolean;
  /** Live goes on from here without a gap. */
  cursor: Cursor;
  /** In the order in which they were noted, bounded. */
  holes: readonly TranscriptHole[];
  /** Of the first message, where it is not a prompt itself: the prompt that it belongs to. */
  firstPromptId: string | null;
  /** The place that was asked for, once a part's id was enough; null unless `around`. */
  around: string | null;
}

/** A prompt and what became of it; numbers are null where nobody said them or they are not counted. */
export interface OutlineEntry {
  messageId: string;
  /** From 1. */
  turn: number;
  /** The beginning of what was asked, on one line; empty for a prompt without text. */
  title: string;
  createdMs: number | null;
  elapsedMs: number | null;
  toolCount: number | null;
  tokens: number | null;
  costUsd: number | null;
  additions: number | null;
  deletions: number | null;
  /** An answer says that it failed. */
  hasError: boolean;
}

export interface OutlinePage {
  entries: readonly OutlineEntry[];
  /** Give it back for the next page; null when there is none. */
  after: string | null;
  /** Of all prompts of the transcript; only with the first page. */
  promptCount: number | null;
}

export interface FindQuery {
  /** Literal; upper and lower case are the same. */
  text: string;
  /** Of the answer before; from the beginning when left out. */
  after?: string | undefined;
  /** Large items are searched too, however long that takes. */
  isThorough?: boolean | undefined;
}

/** An item that holds the text. */
export interface FoundItem {
  messageId: string;
  /** Empty for the message itself. */
  partId: string;
  count: number;
  /** Around the first occurrence, on one line. */
  snippet: { before: string; match: string; after: string };
}

export interface FindPage {
  /** In the order of the transcript. */
  found: readonly FoundItem[];
  /** The search has not come to the end: ask again with it. */
  after: string | null;
  /** Large items that this answer has left out: too many bytes for one that is not thorough, or bytes that cannot be read. */
  unsearchedCount: number;
}

/** Added up over a whole session; null where nobody said it. */
export interface SessionUsage {
  costUsd: number | null;
  inputTokens: number | null;
  cachedTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  /** Answers that failed. */
  errorCount: number;
  /** Times that a model was asked again. */
  retryCount: number;
  /** The session is too large to be added up whole. */
  isPartial: boolean;
}
