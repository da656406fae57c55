import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Past this many lines a file has a second job, unless it is named here with the reason why it stays whole. */
const MAX_FILE_LINES = 300;
const longFiles: Record<string, string> = {
  "server/ingest/scanner/reference-core.ts": "One state machine; its states are read side by side.",
};

/** Longer functions are shown, not refused. */
const LONG_FUNCTION_LINES = 30;
const SHOWN = 10;

interface Measured {
  name: string;
  lines: number;
}

/** Tracked and new TypeScript files; what .gitignore names is left out. */
function listFiles(): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"];
  const listed = execFileSync("git", args, { encoding: "utf8" });
  return [...new Set(listed.split("\n"))].filter((file) => file !== "");
}

function readLines(file: string): string[] {
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

const FUNCTION_START =
  /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\*?\s+(\w+)|(?:const|let)\s+(\w+)\s*=.*(?:=>|function)|(?:(?:static|private|readonly|async|get|set)\s+)*\*?(?!if|for|while|switch|catch|return|else)(\w+)\s*\(.*).*[{(]$/;

/**
 * Functions by indentation, which the formatter guarantees: one ends at the first line that starts with a closing
 * bracket in its own column. A lower bound for unusual shapes, good enough to see growth.
 */
function measureFunctions(file: string, lines: string[]): Measured[] {
  return lines.flatMap((line, start) => {
    const match = FUNCTION_START.exec(line);
    if (match === null) return [];
    const [, indent = "", ...names] = match;
    const closing = new RegExp(`^${indent}[})]`);
    const length = lines.slice(start + 1).findIndex((later) => closing.test(later));
    const name = names.find((one) => one !== undefined) ?? "?";
    return length === -1 ? [] : [{ name: `${file}:${start + 1} ${name}`, lines: length + 2 }];
  });
}

function printLongest(title: string, measured: Measured[]): void {
  const longest = measured.toSorted((a, b) => b.lines - a.lines).slice(0, SHOWN);
  console.log(`${title}:`);
  for (const { name, lines } of longest) console.log(`${String(lines).padStart(6)}  ${name}`);
}

function quantile(measured: Measured[], fraction: number): number {
  const sorted = measured.map(({ lines }) => lines).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}

const contents = listFiles().map((file) => ({ file, lines: readLines(file) }));
const files = contents.map(({ file, lines }) => ({ name: file, lines: lines.length }));
const functions = contents
  .filter(({ file }) => !/\.(test|spec)\.tsx?$/.test(file))
  .flatMap(({ file, lines }) => measureFunctions(file, lines));

printLongest(
  `${files.length} files, median ${quantile(files, 0.5)}, p90 ${quantile(files, 0.9)} lines`,
  files,
);
const longFunctions = functions.filter(({ lines }) => lines > LONG_FUNCTION_LINES);
printLongest(
  `${functions.length} functions, ${longFunctions.length} above ${LONG_FUNCTION_LINES} lines`,
  functions,
);

const refused = files.filter(({ name, lines }) => lines > MAX_FILE_LINES && !(name in longFiles));
for (const { name, lines } of refused) {
  console.error(
    `${name} has ${lines} lines, more than ${MAX_FILE_LINES}: look for the second job in it.`,
  );
}
const stale = Object.keys(longFiles).filter(
  (name) => !files.some((file) => file.name === name && file.lines > MAX_FILE_LINES),
);
for (const name of stale)
  console.error(`${name} is no longer above ${MAX_FILE_LINES} lines: take it off the list.`);
if (refused.length + stale.length > 0) process.exitCode = 1;
