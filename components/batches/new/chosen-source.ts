import type { BatchKind } from "#lib/batch.ts";
import { LONG_LINE_BYTES } from "#lib/batch-lines/list-lines.ts";
import { type CsvTable, parseCsv } from "#lib/csv.ts";
import { isRecord } from "#lib/is-record.ts";
import { inOrder, kindOf, lookAtFiles, readLines, type SeenFile } from "../sending/read-files.ts";
import type { SeenLine } from "../sending/list-lines.ts";
import type { LineSource } from "../sending/source-line.ts";
import { type Columns, guessColumns, startFields } from "./columns.ts";
import { noFields, type StartFields } from "./start-rows.ts";

/** What a person chose to make a batch of; null as long as nothing but the lists on the page. */
export type ChosenSource =
  | { kind: "table"; file: File; table: CsvTable; columns: Columns; isProduct: boolean }
  | {
      kind: "lines";
      file: File;
      batchKind: BatchKind;
      source: LineSource;
      seen: LineSummary[];
      /** Lines with a problem of their own that are not among those. */
      unseenProblemCount: number;
    }
  | { kind: "files"; seen: SeenFile[] };

/** Of a line that was read; kept for the first lines, and for the first of those that cannot be read. */
export interface LineSummary {
  number: number;
  /** What a start line says. */
  fields: StartFields;
  /** Why no session will come of it, whatever its batch is for; null when nothing is known to be wrong. */
  problem: string | null;
  /** Something is in it that an import could take, as far as was looked. */
  hasSession: boolean;
  /** What it says of the session that it holds: its title, else an id; null for nothing. */
  sessionName: string | null;
  bytes: number;
}

const TABLE_MAX_BYTES = 32 * 1024 * 1024;
const SEEN_MAX = 50_000;
/** With those that have a problem. */
const SEEN_AND_BAD_MAX = 60_000;
const PEEK_BYTES = 64 * 1024;

/** Finds out what files are: a table, lines of a batch, or sessions. Throws with a message for whoever chose them. */
export async function readChosen(files: readonly File[]): Promise<ChosenSource> {
  const [file] = files;
  if (file && files.length === 1) {
    if (/\.(csv|tsv)$/i.test(file.name) || file.type === "text/csv") return readTable(file);
    if (await hasBatchLines(file)) return readLineFile(file);
  }
  return { kind: "files", seen: await lookAtFiles(inOrder(files)) };
}

async function readTable(file: File): Promise<ChosenSource> {
  if (file.size > TABLE_MAX_BYTES)
    throw new Error("This table is larger than 32 MB. Send it as NDJSON, or in parts.");
  const table = parseCsv(decode(await file.arrayBuffer()));
  if (table.rows.length === 0)
    throw new Error(
      table.header.length === 0
        ? "This file is empty."
        : "There is a header, and no row below it. The first line names the columns.",
    );
  return { kind: "table", file, table, columns: guessColumns(table.header), isProduct: false };
}

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("This is not UTF-8 text. Save it as “CSV UTF-8”.");
  }
}

/** By the first line that says something: a transcript may have lines too, of other members. */
async function hasBatchLines(file: File): Promise<boolean> {
  const start = await file.slice(0, PEEK_BYTES).text();
  const [first = "", ...rest] = start.trim().split("\n");
  const value = parseWhole(first);
  // A first line that is longer than what is looked at says its index before all else, or stands alone.
  if (value === undefined) return /^\{\s*"index"\s*:/.test(first);
  if (!isRecord(value)) return false;
  const kind = kindOf(value);
  // One document in one line is a session, lines of them are a batch.
  return kind === "start" || (kind === "import" && ("index" in value || rest.length > 0));
}

function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readLineFile(file: File): Promise<ChosenSource> {
  const seen = new Map<number, LineSummary>();
  const bad = new Set<number>();
  let place = 0;
  const { kind: batchKind, source } = await readLines(file, (line) => {
    const max = line.problem === null ? SEEN_MAX : SEEN_AND_BAD_MAX;
    if (seen.size < max) seen.set(place, summarise(line));
    if (line.problem !== null) bad.add(place);
    place += 1;
  });
  for (const repeated of findRepeated(source.lines, bad)) {
    bad.add(repeated);
    const summary = seen.get(repeated);
    const problem = `An earlier line has the index ${source.lines[repeated]?.index}, and counts`;
    if (summary) seen.set(repeated, { ...summary, problem });
  }
  const summaries = [...seen.values()];
  const seenProblemCount = summaries.filter(({ problem }) => problem !== null).length;
  const unseenProblemCount = bad.size - seenProblemCount;
  return { kind: "lines", file, batchKind, source, seen: summaries, unseenProblemCount };
}

/** Places of lines whose index an earlier line has that can be read. */
function findRepeated(lines: LineSource["lines"], bad: ReadonlySet<number>): number[] {
  const taken = new Set<number>();
  return [...lines.keys()].filter((place) => {
    const line = lines[place];
    if (line === undefined || bad.has(place)) return false;
    const { index, isIndexStated, start, end } = line;
    // Of a long line only the beginning was looked at.
    if (!isIndexStated && end - start >= LONG_LINE_BYTES) return false;
    if (taken.has(index)) return true;
    taken.add(index);
    return false;
  });
}

/** What a line to import has at least one of. */
const sessionMembers = ["data", "messages", "info", "upload"];

function summarise({ number, bytes, members, problem }: SeenLine): LineSummary {
  const fields = { ...noFields };
  for (const field of startFields) {
    const value = members?.[field];
    if (typeof value === "string") fields[field] = value.trim();
  }
  const hasSession =
    bytes >= LONG_LINE_BYTES || sessionMembers.some((member) => member in (members ?? {}));
  const sessionName = nameSession(members ?? {});
  return { number, fields, problem, hasSession, sessionName, bytes };
}

/** Where a line may say which session it holds, the most telling one first. */
const nameMembers = ["title", "externalId", "sessionId", "id"];

function nameSession({ session, info, upload }: NonNullable<SeenLine["members"]>): string | null {
  const said = [session, info].filter(isRecord);
  const names = nameMembers.flatMap((member) => said.map((object) => object[member]));
  const name = [...names, upload].find((value) => typeof value === "string" && value.trim() !== "");
  return typeof name === "string" ? name : null;
}
