import { createShareId } from "#lib/ids.ts";
import type { ListedPrompt } from "#server/shares/list-prompts.ts";

/** What is chosen in the form; a new id with every change, so that only the same wishes are the same share. */
export interface ShareWishes {
  shareId: string;
  mode: "live" | "frozen";
  /** Prompts; null where the session's own ends count. */
  fromMessageId: string | null;
  toMessageId: string | null;
  hidesReasoning: boolean;
  hidesOutputs: boolean;
  hidesPaths: boolean;
  masksPossible: boolean;
  shownSecrets: string[];
  password: string;
  expiresInDays: number | null;
  allowsEmbed: boolean;
  allowsCard: boolean;
}

export const createShareWishes = (): ShareWishes => ({
  shareId: createShareId(),
  mode: "live",
  fromMessageId: null,
  toMessageId: null,
  hidesReasoning: false,
  hidesOutputs: false,
  hidesPaths: true,
  masksPossible: true,
  shownSecrets: [],
  password: "",
  expiresInDays: 30,
  allowsEmbed: false,
  allowsCard: true,
});

export const expiryDays = [1, 7, 30, 90, 365, null] as const;

export const expiryWords = (days: number | null): string =>
  days === null
    ? "Never"
    : days === 1
      ? "In a day"
      : days === 365
        ? "In a year"
        : `In ${days} days`;

/** What of a session there is to choose from. */
export interface ShareTurns {
  turnCount: number;
  prompts: readonly ListedPrompt[];
}

/** Number of a prompt; null for none, and for one that is not listed. */
export const turnOf = (messageId: string | null, { prompts }: ShareTurns): number | null =>
  prompts.find((prompt) => prompt.messageId === messageId)?.turn ?? null;

/** Which prompts are shown, in a few words. */
export function describeRange(wishes: ShareWishes, turns: ShareTurns): string {
  const fromTurn = turnOf(wishes.fromMessageId, turns);
  const toTurn = turnOf(wishes.toMessageId, turns);
  if (fromTurn === null && toTurn === null) return "All";
  return `${fromTurn ?? 1} to ${toTurn ?? "the last"}`;
}

/** What is not shown, in a few words. */
export function describeHidden(wishes: ShareWishes): string {
  const { hidesReasoning, hidesOutputs, hidesPaths } = wishes;
  const hidden = [
    hidesReasoning && "reasoning",
    hidesOutputs && "outputs",
    hidesPaths && "folders",
  ].filter((word) => word !== false);
  const words = hidden.join(", ");
  return words === "" ? "Nothing" : words.charAt(0).toUpperCase() + words.slice(1);
}

/** How long the link is good and for whom, in a few words. */
export function describeLink({ expiresInDays, password }: ShareWishes): string {
  const ends = expiryWords(expiresInDays);
  const end = expiresInDays === null ? "Never ends" : `Ends ${ends.toLowerCase()}`;
  return `${end}, ${password === "" ? "no password" : "with a password"}`;
}

/** Who will see what, in a sentence or two. */
export function describeWishes(wishes: ShareWishes, turns: ShareTurns): string {
  const { mode, password } = wishes;
  const fromTurn = turnOf(wishes.fromMessageId, turns);
  const toTurn = turnOf(wishes.toMessageId, turns);
  const who = password === "" ? "Anyone with the link" : "Anyone with the link and the password";
  const from = fromTurn ?? 1;
  const to = toTurn ?? turns.turnCount;
  const isRange = fromTurn !== null || toTurn !== null;
  const isOpen = toTurn === null && mode === "live";
  const what = isRange
    ? from === to && !isOpen
      ? `prompt ${from} and what became of it`
      : `prompts ${from} to ${isOpen ? "the last" : to} and what became of them`
    : "this whole session";
  const when = isOpen ? " What happens from now on is shown, too." : "";
  return `${who} can read ${what}, without signing in.${when}`;
}
