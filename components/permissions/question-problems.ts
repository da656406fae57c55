import { getOwn } from "#lib/get-own.ts";
import type { QuestionProblems } from "./question-content.ts";

/** What was wrong with a form when it was submitted last. */
export interface FoundProblems {
  /** Replaced by submitting alone, here or at the server: the focus goes to the first of them then, and never at a key. */
  readonly found: QuestionProblems;
  /** Names of the fields that were changed since. */
  readonly changed: ReadonlySet<string>;
}

export const problemsOf = (found: QuestionProblems): FoundProblems => ({
  found,
  changed: new Set(),
});

export const noProblems = problemsOf({});

/** Nothing is known to be wrong with a field that was changed. */
export const withChanged = ({ found, changed }: FoundProblems, name: string): FoundProblems => ({
  found,
  changed: new Set([...changed, name]),
});

/** What is shown beside a field; null where nothing is known to be wrong with it. */
export const problemWith = ({ found, changed }: FoundProblems, name: string): string | null =>
  changed.has(name) ? null : (getOwn(found, name) ?? null);
