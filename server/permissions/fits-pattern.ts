import { runInNewContext } from "node:vm";
import { isStorable } from "#server/sessions/new-session.ts";

const PATTERN_MAX_CHARACTERS = 1_000;
const PATTERN_TIMEOUT_MS = 20;

/** Whether a regular expression of an agent's can be asked to be met. */
export function isPattern(pattern: unknown): pattern is string {
  if (typeof pattern !== "string" || pattern.length > PATTERN_MAX_CHARACTERS) return false;
  if (!isStorable(pattern)) return false;
  try {
    return new RegExp(pattern, "u").unicode;
  } catch {
    return false;
  }
}

/** Whether the pattern is found in the text. One that takes too long is not held against whoever wrote the text. */
export function fitsPattern(pattern: string, text: string): boolean {
  try {
    // Of what can be given to this code nothing is run but the expression: it is there for the time limit.
    const code = 'new RegExp(pattern, "u").test(text)';
    return runInNewContext(code, { pattern, text }, { timeout: PATTERN_TIMEOUT_MS }) === true;
  } catch {
    return true;
  }
}
