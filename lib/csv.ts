import Papa from "papaparse";

export interface CsvRow {
  /** Of the file, from 1, where the row begins: fields may hold line breaks. */
  line: number;
  fields: string[];
  /** What is wrong with it as CSV; null for a row that is as wide as the header. */
  problem: string | null;
}

export interface CsvTable {
  header: string[];
  /** Without the header and without empty lines. */
  rows: CsvRow[];
}

const DELIMITERS = [",", ";", "\t"];
/** More of a text is not looked at for its header. UTF-16 units. */
const HEADER_MAX_LENGTH = 65_536;

const messages: Partial<Record<string, string>> = {
  MissingQuotes: "A quote is opened and never closed",
  InvalidQuotes: "A quote stands inside a field that is not quoted as a whole",
};

/**
 * Reads CSV with a header as RFC 4180 has it, or with semicolons or tabs in place of commas, as spreadsheets of many
 * countries write it. Rows that are not as wide as the header are kept, with their problem.
 */
export function parseCsv(given: string): CsvTable {
  const text = given.replace(/^\ufeff/, "");
  const rows: CsvRow[] = [];
  const countLines = createLineCounter(text);
  let start = 0;
  Papa.parse<string[]>(text, {
    delimiter: findDelimiter(text),
    step({ data, errors, meta }) {
      const line = countLines(start);
      start = meta.cursor;
      if (data.every((field) => field.trim() === "")) return;
      const [error] = errors;
      rows.push({
        line,
        fields: data,
        problem: error ? (messages[error.code] ?? error.message) : null,
      });
    },
  });
  const [first, ...others] = rows;
  const header = first?.fields.map((name) => name.trim()) ?? [];
  return { header, rows: others.map((row) => withWidth(row, header.length)) };
}

/** What stands most often in the header, outside of quotes; a comma where there is none. */
function findDelimiter(text: string): string {
  const unquoted = text.slice(0, HEADER_MAX_LENGTH).replaceAll(/"[^"]*"/g, "");
  const header = /^.*\S.*$/m.exec(unquoted)?.[0] ?? "";
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

function withWidth(row: CsvRow, width: number): CsvRow {
  const count = row.fields.length;
  if (row.problem !== null || count === width) return row;
  const problem = `It has ${count} ${count === 1 ? "field" : "fields"}, the header has ${width}`;
  return { ...row, problem };
}

/** Of places that ascend. */
function createLineCounter(text: string) {
  let line = 1;
  let at = 0;
  return (place: number) => {
    for (; at < place; at += 1) {
      const character = text[at];
      // A carriage return alone ends a line too; with a line feed behind it both do together.
      if (character === "\n" || (character === "\r" && text[at + 1] !== "\n")) line += 1;
    }
    return line;
  };
}
