import { isAppError } from "#lib/errors.ts";
import { hasVisibleText } from "#lib/has-visible-text.ts";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { parseBranch, parseRepository } from "#lib/repository.ts";
import type { CsvTable } from "#lib/csv.ts";
import { type Columns, type StartField, startFields } from "./columns.ts";

/** What one session would be started with; empty where the batch's defaults count. */
export type StartFields = Readonly<Record<StartField, string>>;

export interface StartRow {
  /** Of the file, from 1; null where there is none. */
  line: number | null;
  fields: StartFields;
  /** Why it is not sent; null for a row that is. */
  problem: string | null;
}

export interface RowRules {
  /** What counts where a row says nothing. */
  defaults: StartFields;
  agentIds: readonly string[];
  allowsLocalPaths: boolean;
}

export const noFields: StartFields = {
  prompt: "",
  repository: "",
  branch: "",
  agent: "",
  profile: "",
};

/** A row for each row of the table. */
export function rowsOfTable({ rows }: CsvTable, columns: Columns, rules: RowRules): StartRow[] {
  return rows.map(({ line, fields: cells, problem }) => {
    const fields = { ...noFields };
    for (const field of startFields) {
      const column = columns[field];
      if (column !== null) fields[field] = (cells[column] ?? "").trim();
    }
    return { line, fields, problem: problem ?? checkFields(fields, rules) };
  });
}

/** A row for every prompt with every repository: all repositories of the first prompt, then of the next. */
export function rowsOfProduct(
  prompts: readonly string[],
  repositories: readonly string[],
  rules: RowRules,
): StartRow[] {
  return prompts.flatMap((prompt) =>
    repositories.map((repository) => {
      const fields = { ...noFields, prompt, repository };
      return { line: null, fields, problem: checkFields(fields, rules) };
    }),
  );
}

/** The different values of a column, in their order. */
export function valuesOf({ rows }: CsvTable, column: number | null): string[] {
  if (column === null) return [];
  const values = rows.map(({ fields }) => (fields[column] ?? "").trim());
  return [...new Set(values.filter((value) => value !== ""))];
}

/** One in each line. */
export const listRepositories = (text: string): string[] => [
  ...new Set(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ),
];

/** Prompts may have many lines: a line of dashes stands between two. */
export const listPrompts = (text: string): string[] =>
  text
    .split(/^[ \t]*-{3,}[ \t]*$/m)
    .map((prompt) => prompt.trim())
    .filter((prompt) => prompt !== "");

/** What the server would refuse; null when nothing is known to be wrong. */
export function checkFields(given: StartFields, rules: RowRules): string | null {
  const { prompt, repository, branch, agent } = withDefaults(given, rules.defaults);
  if (!hasVisibleText(prompt)) return "The prompt is missing";
  if (prompt.length > PROMPT_MAX_CHARACTERS)
    return `The prompt is longer than ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`;
  if (repository === "") return "The repository is missing";
  if (agent !== "" && !rules.agentIds.includes(agent)) return `There is no agent “${agent}”`;
  return (
    refusalOf(() => parseRepository(repository, rulesFor(repository, rules))) ??
    (branch === "" ? null : refusalOf(() => parseBranch(branch)))
  );
}

/** Members of a line: what its row says and the batch's defaults do not. */
export function lineOf({ fields }: StartRow, index: number, defaults: StartFields): string {
  const said = startFields.filter(
    (field) => fields[field] !== "" && fields[field] !== defaults[field],
  );
  return JSON.stringify({
    index,
    ...Object.fromEntries(said.map((field) => [field, fields[field]])),
  });
}

/** With the prompt that all rows have. */
export function sharedDefaults(rows: readonly StartRow[], defaults: StartFields): StartFields {
  const prompts = new Set(rows.map(({ fields }) => fields.prompt || defaults.prompt));
  const [prompt] = prompts;
  return prompts.size === 1 && prompt !== undefined ? { ...defaults, prompt } : defaults;
}

export function withDefaults(given: StartFields, defaults: StartFields): StartFields {
  const fields = { ...noFields };
  for (const field of startFields) fields[field] = given[field] || defaults[field];
  return fields;
}

/** Which private hosts the server's configuration lets in is the server's to say. */
function rulesFor(repository: string, { allowsLocalPaths }: RowRules) {
  const host = /^https?:\/\/([^/?#]+)/i.exec(repository)?.[1];
  return { allowLocalPaths: allowsLocalPaths, allowedPrivateHosts: host ? [host] : [] };
}

function refusalOf(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (isAppError(error)) return error.message;
    throw error;
  }
}
