import { findEmbeddedFiles } from "./embedded-files.ts";
import { findSecrets, SECRET_MAX_CHARACTERS, type FoundSecret } from "./find-secrets.ts";
import { contextRules, definiteRules, privateKeyRule } from "./secret-rules.ts";

const labels = new Map(
  [...definiteRules, privateKeyRule, ...contextRules].map(({ name, label }) => [name, label]),
);

/** What a rule's secrets are called: "GitHub token". */
export const labelOfRule = (rule: string): string => labels.get(rule) ?? "Secret";

/** Says of a secret that was found whether it is replaced. */
export type MaskDecision = (secret: FoundSecret, text: string) => boolean;

/** The text with its secrets replaced by what they are: `[GitHub token hidden]`. */
export function maskSecrets(text: string, key: string | null, isMasked: MaskDecision): string {
  let masked = "";
  let position = 0;
  for (const secret of findSecrets(text, key)) {
    if (!isMasked(secret, text)) continue;
    masked += `${text.slice(position, secret.start)}[${labelOfRule(secret.rule)} hidden]`;
    position = secret.end;
  }
  return position === 0 ? text : masked + text.slice(position);
}

/**
 * Where a text that goes on may be cut so that no secret is: far enough from its end that one which begins before is
 * there as a whole, and not inside of one, nor of a file that is left out.
 */
export function findMaskCut(text: string, key: string | null): number {
  let cut = text.length - SECRET_MAX_CHARACTERS;
  if (cut <= 0) return 0;
  const isNear = (place: number) => place > Math.max(0, cut - SECRET_MAX_CHARACTERS);
  // Not in the middle of a word, which may be a path.
  const between = ["\n", " "].map((blank) => text.lastIndexOf(blank, cut)).find(isNear);
  if (between !== undefined) cut = between;
  // From the last on: whoever moves the cut may move it into another one.
  for (const { from, end } of findSecrets(text, key).toReversed())
    if (from < cut && end > cut) cut = from;
  const file = findEmbeddedFiles(text).find(({ start, end }) => start < cut && end > cut);
  return file === undefined ? cut : file.start || file.end;
}
