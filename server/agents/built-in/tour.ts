import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { countOf } from "./count-of.ts";
import { countLanguages, formatBytes, languageTable } from "./languages.ts";
import { type FileList, listFiles, type RepositoryFile } from "./list-files.ts";
import { runGit } from "./run-git.ts";
import { readText, searchFiles } from "./search-files.ts";
import { structureTree } from "./structure-tree.ts";
import type { Turn } from "./turn.ts";

export const REPORT_NAME = "MILLRACE-TOUR.md";
const README_MAX_BYTES = 4_096;
const README_LINES = 12;

const stepNames = [
  "History",
  "Languages",
  "Structure",
  "To-dos",
  "Largest files",
  "README",
  "Report",
] as const;

/** Looks around in the repository with real tools and writes a short report into the workspace. */
export async function runTour(turn: Turn, prompt: string): Promise<void> {
  await turn.say(introduction(prompt));
  const showStep = (current: number) => turn.plan(planEntries(current));
  const sections: string[] = [];
  const tell = async (section: string) => {
    sections.push(section);
    await turn.say(`${section}\n\n`);
  };

  await showStep(0);
  const list = (await findFiles(turn)) ?? { isGit: false, files: [], isCut: false };
  await tell(await tourHistory(turn, list));
  await showStep(1);
  await tell(await tourLanguages(turn, list));
  await showStep(2);
  await tell(await tourStructure(turn, list.files));
  await showStep(3);
  await tell(await tourTodos(turn, list.files));
  await showStep(4);
  await tell(await tourLargest(turn, list.files));
  await showStep(5);
  await tell(await tourReadme(turn, list.files));
  await showStep(6);
  const isWritten = await writeReport(turn, sections);
  await showStep(7);
  await turn.say(summary(list, isWritten));
}

function introduction(prompt: string): string {
  const quote = prompt.trim().slice(0, 300).replaceAll("\n", "\n> ");
  return `I am Millrace's built-in tour of a repository. I do not use a language model and cannot act on your prompt \
beyond looking around: I run real tools and write a short report. Choose another agent to have the work done.

You wrote:

> ${quote}

`;
}

function planEntries(current: number) {
  return stepNames.map((content, index) => ({
    content,
    priority: "medium" as const,
    status:
      index < current
        ? ("completed" as const)
        : index === current
          ? ("in_progress" as const)
          : ("pending" as const),
  }));
}

function findFiles(turn: Turn): Promise<FileList | null> {
  return turn.tool(
    { title: "List the files", kind: "search", input: { path: turn.cwd } },
    async () => {
      const list = await listFiles(turn.cwd, turn.signal);
      const output = `${countOf(list.files.length, "file")}${list.isCut ? ", and more that were left out" : ""}`;
      return { value: list, output };
    },
  );
}

async function tourHistory(turn: Turn, { isGit }: FileList): Promise<string> {
  const title = "## History";
  if (!isGit) return `${title}\n\nThis folder is no git repository.`;
  const args = ["log", "-n", "10", "--date=short", "--pretty=format:%h %ad %an: %s"];
  const log = await turn.tool(
    {
      title: `git ${args.slice(0, 3).join(" ")}`,
      kind: "execute",
      input: { command: `git ${args.join(" ")}` },
    },
    async () => {
      const hasCommits = await runGit(
        turn.cwd,
        ["rev-parse", "--verify", "--quiet", "HEAD"],
        turn.signal,
      ).then(
        () => true,
        () => false,
      );
      const output = hasCommits ? await runGit(turn.cwd, args, turn.signal) : "";
      return { value: output, output: output || "No commits yet" };
    },
  );
  if (log === null) return `${title}\n\nGit could not tell.`;
  if (log === "") return `${title}\n\nThere are no commits yet.`;
  return `${title}\n\nThe last commits:\n\n${codeBlock(log)}`;
}

async function tourLanguages(turn: Turn, { files, isCut }: FileList): Promise<string> {
  const table = await turn.tool(
    { title: "Count bytes by language", kind: "read", input: { files: files.length } },
    async () => {
      const value = languageTable(countLanguages(files));
      return { value, output: value };
    },
  );
  if (files.length === 0) return "## Languages\n\nThere are no files yet.";
  const note = isCut ? `\n\nOnly the first ${files.length} files were looked at.` : "";
  return `## Languages\n\n${table}${note}`;
}

async function tourStructure(turn: Turn, files: RepositoryFile[]): Promise<string> {
  const tree = await turn.tool(
    { title: "Draw the structure", kind: "read", input: { depth: 2 } },
    async () => {
      const value = structureTree(files);
      return { value, output: value };
    },
  );
  return `## Structure\n\n${tree ? codeBlock(tree) : "Nothing to show."}`;
}

async function tourTodos(turn: Turn, files: RepositoryFile[]): Promise<string> {
  const pattern = /\b(TODO|FIXME)\b/;
  const found = await turn.tool(
    { title: "Search for TODO and FIXME", kind: "search", input: { pattern: pattern.source } },
    async () => {
      const value = await searchFiles(turn.cwd, files, {
        pattern,
        hitsMax: 15,
        signal: turn.signal,
      });
      return { value, output: hitLines(value.hits) || "No matches" };
    },
  );
  if (!found || found.hitCount === 0) return "## To-dos\n\nNone found.";
  const items = found.hits.map(
    ({ path, line, text }) => `- \`${path}:${line}\` ${escapeMarkdown(text)}`,
  );
  return `## To-dos\n\n${found.hitCount} found:\n\n${items.join("\n")}`;
}

async function tourLargest(turn: Turn, files: RepositoryFile[]): Promise<string> {
  const largest = await turn.tool(
    { title: "Find the largest files", kind: "search", input: { count: 5 } },
    async () => {
      const value = files.toSorted((left, right) => right.byteSize - left.byteSize).slice(0, 5);
      return {
        value,
        output:
          value.map(({ path, byteSize }) => `${formatBytes(byteSize)} ${path}`).join("\n") ||
          "No files",
      };
    },
  );
  if (!largest || largest.length === 0) return "## Largest files\n\nThere are none.";
  return `## Largest files\n\n${largest.map(({ path, byteSize }) => `- \`${path}\` (${formatBytes(byteSize)})`).join("\n")}`;
}

async function tourReadme(turn: Turn, files: RepositoryFile[]): Promise<string> {
  const readme = files.find(({ path }) => /^readme(\.[a-z]+)?$/i.test(path));
  if (!readme) return "## README\n\nThere is none.";
  const path = join(turn.cwd, readme.path);
  const head = await turn.tool(
    { title: `Read ${readme.path}`, kind: "read", input: { path }, paths: [path] },
    async () => {
      const text = (await readText(path, README_MAX_BYTES)) ?? "";
      const value = text.split("\n").slice(0, README_LINES).join("\n").trim();
      return { value, output: value };
    },
  );
  return `## README\n\nIt begins:\n\n${codeBlock(head ?? "")}`;
}

async function writeReport(turn: Turn, sections: string[]): Promise<boolean> {
  const path = join(turn.cwd, REPORT_NAME);
  const newText = `# A tour of this repository\n\nWritten by Millrace's built-in agent, without a language model.\n\n${sections.join("\n\n")}\n`;
  const written = await turn.tool(
    {
      title: `Write ${REPORT_NAME}`,
      kind: "edit",
      input: { path, content: newText },
      paths: [path],
    },
    async () => {
      const oldText = await readText(path);
      await writeFileInPlace(path, newText);
      return {
        value: true,
        output: `Wrote ${formatBytes(Buffer.byteLength(newText))}`,
        diff: { path, oldText, newText },
      };
    },
  );
  return written === true;
}

/** Writes a file without following a link that lies in its place. */
export async function writeFileInPlace(path: string, text: string): Promise<void> {
  const state = await lstat(path).catch(() => null);
  if (state && !state.isFile()) throw new Error("Something that is no file lies in its place");
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

function summary({ files, isGit }: FileList, isWritten: boolean): string {
  const bytes = files.reduce((sum, { byteSize }) => sum + byteSize, 0);
  const report = isWritten
    ? `The report is in \`${REPORT_NAME}\`.`
    : "The report could not be written.";
  return `## Summary

${isGit ? "A git repository" : "A folder"} with **${countOf(files.length, "file")}**, ${formatBytes(bytes)}. ${report}

Ask again and I look for the words of your question.
`;
}

const codeBlock = (text: string) => `\`\`\`text\n${text.replaceAll("```", "` ` `")}\n\`\`\``;
const hitLines = (hits: { path: string; line: number; text: string }[]) =>
  hits.map(({ path, line, text }) => `${path}:${line}: ${text}`).join("\n");
const escapeMarkdown = (text: string) => text.replace(/[\\`*_[\]<>|]/g, "\\$&");
