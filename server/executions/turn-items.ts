import type { AssistantMessage, FilePart, Part, TextPart } from "./canonical-items.ts";
import type { ContentFile } from "./read-content.ts";

/** Everything that a turn's answer consists of, as it is now. */
export interface TurnItems {
  message: AssistantMessage;
  /** By part id, in ascending order, without those that were released. */
  parts: Map<string, Part>;
  toolPartIds: Map<string, string>;
  compactionPartIds: Map<string, string>;
  lastCompactionPartId: string | null;
  /** Tokens in the context as the turn before has left it; undefined where nobody knows. */
  contextBefore: number | undefined;
  /** … and when the agent said that it begins to shorten it, where null is unknown; undefined when it does not. */
  contextBeforeCompaction: number | null | undefined;
  /** The agent has said that it begins to. */
  tellsCompaction: boolean;
  planPartId: string | null;
  /** The part that the next chunk of the same kind continues. */
  openText: { part: TextPart; sourceId: string | null } | null;
  /** What the session has cost before this turn, US dollars. */
  costBefore: number;
  unknownUpdateCount: number;
}

/** What one update changed. `urgent` asks for a durable write at once. */
export type ItemChange =
  | { kind: "message"; urgent: boolean }
  | { kind: "part"; partId: string; urgent: boolean }
  | { kind: "text"; partId: string; partType: TextPart["type"]; offset: number; text: string };

export interface ReduceOptions {
  now: number;
  /** Each id sorts after the one before. */
  createPartId(): string;
}

interface TurnOptions {
  costBefore?: number | undefined;
  contextBefore?: number | undefined;
}

export function createTurnItems(
  message: AssistantMessage,
  { costBefore = 0, contextBefore }: TurnOptions = {},
): TurnItems {
  return {
    message,
    parts: new Map(),
    toolPartIds: new Map(),
    compactionPartIds: new Map(),
    lastCompactionPartId: null,
    contextBefore,
    contextBeforeCompaction: undefined,
    tellsCompaction: false,
    planPartId: null,
    openText: null,
    costBefore,
    unknownUpdateCount: 0,
  };
}

/** Ends the text that was being said; what comes next begins a part of its own. */
export function closeText(turn: TurnItems, now: number): ItemChange[] {
  const open = turn.openText;
  if (!open) return [];
  turn.openText = null;
  open.part.time.end = now;
  return [{ kind: "part", partId: open.part.id, urgent: true }];
}

/** A part before it has ids. */
type PartBody = Part extends infer Kind
  ? Kind extends Part
    ? Omit<Kind, "id" | "messageID" | "sessionID">
    : never
  : never;

export const fileBody = (file: ContentFile) => ({ type: "file" as const, ...file });

export function partIds(
  { message }: TurnItems,
  { createPartId }: ReduceOptions,
): Pick<FilePart, "id" | "messageID" | "sessionID"> {
  return { id: createPartId(), messageID: message.id, sessionID: message.sessionID };
}

export function createPart(turn: TurnItems, options: ReduceOptions, body: PartBody): Part {
  const part: Part = { ...partIds(turn, options), ...body };
  turn.parts.set(part.id, part);
  return part;
}

/** A new part that nothing will be added to. */
export function addPart(turn: TurnItems, options: ReduceOptions, body: PartBody): ItemChange[] {
  const changes = closeText(turn, options.now);
  const part = createPart(turn, options, body);
  return [...changes, { kind: "part", partId: part.id, urgent: true }];
}
