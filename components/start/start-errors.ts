import type { EnvironmentRow } from "./start-draft.ts";

/**
 * What is wrong with the form, by field; "" for what is about no field. Members of a field have its name before their
 * own: `setupCommands.2`, `environment.NODE_ENV`.
 */
export type StartErrors = Readonly<Record<string, string | undefined>>;

export const fieldOf = (path: string) => path.split(".", 1)[0] ?? "";

/** What is wrong with a field or a member of it; null when nothing is known to be. */
export function findError(errors: StartErrors, field: string): string | null {
  const path = Object.keys(errors).find((candidate) => fieldOf(candidate) === field);
  return (path !== undefined && errors[path]) || null;
}

/** Positions of the variables that an error is about: the one that it names, else all. */
export function findRefusedRows(errors: StartErrors, rows: readonly EnvironmentRow[]): number[] {
  const path = Object.keys(errors).find((candidate) => fieldOf(candidate) === "environment");
  if (path === undefined) return [];
  const all = rows.map((_, index) => index);
  const named = all.filter((index) => `environment.${rows[index]?.name.trim()}` === path);
  return named.length > 0 ? named : all;
}
