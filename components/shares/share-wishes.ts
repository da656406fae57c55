import { createShareId } from "#lib/ids.ts";

/** What is chosen in the form; a new id with every change, so that only the same wishes are the same share. */
export interface ShareWishes {
  shareId: string;
  mode: "live" | "frozen";
  fromTurn: number | null;
  toTurn: number | null;
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
  fromTurn: null,
  toTurn: null,
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

/** Who will see what, in a sentence or two. */
export function describeWishes(wishes: ShareWishes, turnCount: number): string {
  const { fromTurn, toTurn, mode, password } = wishes;
  const who = password === "" ? "Anyone with the link" : "Anyone with the link and the password";
  const from = fromTurn ?? 1;
  const to = toTurn ?? turnCount;
  const isRange = fromTurn !== null || toTurn !== null;
  const what = isRange
    ? from === to
      ? `prompt ${from} and what became of it`
      : `prompts ${from} to ${toTurn === null && mode === "live" ? "the last" : to} and what became of them`
    : "this whole session";
  const when = mode === "live" && toTurn === null ? " What happens from now on is shown, too." : "";
  return `${who} can read ${what}, without signing in.${when}`;
}
