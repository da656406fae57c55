import type { BatchKind } from "#lib/batch.ts";
import type { BatchMemory } from "../sending/batch-memory.ts";
import { listLines } from "../sending/list-lines.ts";
import { sourceOfFiles } from "../sending/read-files.ts";
import type { LineSource } from "../sending/source-line.ts";
import type { ChosenSource, LineSummary } from "./chosen-source.ts";
import { startFields } from "./columns.ts";
import {
  checkFields,
  lineOf,
  listPrompts,
  listRepositories,
  type RowRules,
  rowsOfProduct,
  rowsOfTable,
  sharedDefaults,
  type StartFields,
  type StartRow,
  valuesOf,
} from "./start-rows.ts";

/** Made here from tables or lists, at most: more is for the command line. */
const MADE_ROWS_MAX = 50_000;

/** What is about to be sent, for whoever looks at it first. */
export interface BatchPlan {
  kind: BatchKind;
  /** Sessions that will start, or come. */
  count: number;
  /** Of starts. */
  rows: readonly StartRow[];
  /** Of lines to import. */
  imports: readonly ImportRow[];
  problemCount: number;
  /** Whether rows with a problem are left out, or sent and shown as failed. */
  leavesOut: boolean;
  /** Why nothing of it can be sent; null when it can. */
  obstacle: string | null;
}

export interface ImportRow {
  /** Of the file, from 1. */
  line: number;
  /** What it says of its session; null for nothing. */
  name: string | null;
  bytes: number;
  /** Why it will fail; null when nothing is known to be wrong. */
  problem: string | null;
}

/** What the lists on the page say. */
export interface Lists {
  prompts: string;
  repositories: string;
}

export function planBatch(chosen: ChosenSource | null, lists: Lists, rules: RowRules): BatchPlan {
  if (chosen === null) {
    const prompts = listPrompts(lists.prompts);
    const repositories = listRepositories(lists.repositories);
    return planProduct(prompts, repositories, rules);
  }
  switch (chosen.kind) {
    case "table": {
      const { table, columns, isProduct } = chosen;
      if (!isProduct) return planStarts(rowsOfTable(table, columns, rules));
      const { prompt, repository } = rules.defaults;
      const prompts = valuesOf(table, columns.prompt);
      const repositories = valuesOf(table, columns.repository);
      return planProduct(
        prompts.length > 0 || prompt === "" ? prompts : [prompt],
        repositories.length > 0 || repository === "" ? repositories : [repository],
        rules,
      );
    }
    case "lines":
      return planLines(chosen, rules);
    case "files": {
      const count = chosen.seen.filter(({ look }) => "way" in look).length;
      return {
        kind: "import",
        count,
        rows: [],
        imports: [],
        problemCount: chosen.seen.length - count,
        leavesOut: true,
        obstacle: count === 0 ? "None of these files can be sent." : null,
      };
    }
  }
}

function planProduct(
  prompts: readonly string[],
  repositories: readonly string[],
  rules: RowRules,
): BatchPlan {
  const count = prompts.length * repositories.length;
  if (count <= MADE_ROWS_MAX) return planStarts(rowsOfProduct(prompts, repositories, rules));
  const tooMany = `${count.toLocaleString("en")} sessions are more than this page makes: at most ${MADE_ROWS_MAX.toLocaleString("en")}. Use the command line.`;
  return { ...planStarts([]), obstacle: tooMany };
}

function planStarts(rows: StartRow[]): BatchPlan {
  const problemCount = rows.filter(({ problem }) => problem !== null).length;
  const count = rows.length - problemCount;
  const isTooMany = rows.length > MADE_ROWS_MAX;
  const limit = MADE_ROWS_MAX.toLocaleString("en");
  return {
    kind: "start",
    count,
    rows,
    imports: [],
    problemCount,
    leavesOut: true,
    obstacle: isTooMany ? `This page takes at most ${limit} rows. Use the command line.` : null,
  };
}

/** Lines go as they are: what is wrong with one is the server's to say again. */
function planLines(
  { batchKind, source, seen, unseenProblemCount }: Extract<ChosenSource, { kind: "lines" }>,
  rules: RowRules,
): BatchPlan {
  const problemOf = ({ fields, problem, hasSession }: LineSummary) => {
    if (problem !== null) return problem;
    if (batchKind === "start") return checkFields(fields, rules);
    return hasSession ? null : "It has neither data, nor messages, nor an upload";
  };
  const checked = seen.map((summary) => ({ ...summary, problem: problemOf(summary) }));
  const problemCount =
    unseenProblemCount + checked.filter(({ problem }) => problem !== null).length;
  const isStart = batchKind === "start";
  return {
    kind: batchKind,
    count: source.lines.length - problemCount,
    rows: isStart ? checked.map(toStartRow) : [],
    imports: isStart ? [] : checked.map(toImportRow),
    problemCount,
    leavesOut: false,
    obstacle: null,
  };
}

const toStartRow = ({ number, fields, problem }: LineSummary): StartRow => ({
  line: number,
  fields,
  problem,
});

const toImportRow = ({ number, sessionName, bytes, problem }: LineSummary): ImportRow => ({
  line: number,
  name: sessionName,
  bytes,
  problem,
});

/** What is sent, and what this browser keeps to go on with it. */
export interface Sending {
  source: LineSource;
  memory: BatchMemory;
  /** Members of every line that does not have them itself. */
  defaults: Record<string, string>;
}

export async function sourceOf(
  chosen: ChosenSource | null,
  plan: BatchPlan,
  defaults: StartFields,
): Promise<Sending> {
  if (chosen?.kind === "lines") {
    const { name, size } = chosen.file;
    return {
      source: chosen.source,
      memory: { kind: "file", file: { name, bytes: size } },
      defaults: plan.kind === "start" ? membersOf(defaults) : {},
    };
  }
  if (chosen?.kind === "files") {
    const seen = chosen.seen.filter(({ look }) => "way" in look);
    const files = seen.map(({ file }, index) => ({ name: file.name, bytes: file.size, index }));
    return {
      source: sourceOfFiles(seen, (_, position) => position),
      memory: { kind: "files", files },
      defaults: {},
    };
  }
  const good = plan.rows.filter(({ problem }) => problem === null);
  const shared = sharedDefaults(good, defaults);
  const lines = new Blob([good.map((row, index) => lineOf(row, index, shared)).join("\n")]);
  const source = await listLines(lines, { hasUploads: false, name: "lines" });
  return { source, memory: { kind: "lines", lines }, defaults: membersOf(shared) };
}

function membersOf(defaults: StartFields): Record<string, string> {
  const set = startFields.filter((field) => defaults[field] !== "");
  return Object.fromEntries(set.map((field) => [field, defaults[field]]));
}
