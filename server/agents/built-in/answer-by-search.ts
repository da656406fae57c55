import { countOf } from "./count-of.ts";
import { listFiles } from "./list-files.ts";
import { type SearchResult, searchFiles } from "./search-files.ts";
import type { Turn } from "./turn.ts";

const WORDS_MAX = 5;
const commonWords = new Set(
  "about add all and are can change could does file files find fix for from how into make more not please should show that the then there this use was what when where which why will with you your".split(
    " ",
  ),
);

/** Answers a further prompt: searches the repository for its words and shows where they are. */
export async function answerBySearch(turn: Turn, prompt: string): Promise<void> {
  const words = findWords(prompt);
  if (words.length === 0) {
    await turn.say(
      "I do not use a language model: give me words and I look for them in the repository.\n",
    );
    return;
  }
  const pattern = new RegExp(words.map(escapePattern).join("|"), "i");
  await turn.say(
    `I look for ${words.map((word) => `\`${word}\``).join(", ")} in the repository.\n\n`,
  );
  const found = await turn.tool(
    { title: `Search for ${words.join(", ")}`, kind: "search", input: { pattern: pattern.source } },
    async () => {
      const { files } = await listFiles(turn.cwd, turn.signal);
      const value = await searchFiles(turn.cwd, files, {
        pattern,
        hitsMax: 20,
        signal: turn.signal,
      });
      const named = files
        .filter(({ path }) => pattern.test(path))
        .slice(0, 10)
        .map(({ path }) => path);
      return { value: { ...value, named }, output: describe(value, named) };
    },
  );
  if (found) await turn.say(report(found));
}

/** Words of the prompt that are worth looking for, in their order. */
export function findWords(prompt: string): string[] {
  const words = prompt.match(/[\p{L}\p{N}_][\p{L}\p{N}_.-]*[\p{L}\p{N}_]/gu) ?? [];
  const useful = words.filter(
    (word) => word.length >= 3 && word.length <= 60 && !commonWords.has(word.toLowerCase()),
  );
  return [...new Set(useful.map((word) => word.toLowerCase()))].slice(0, WORDS_MAX);
}

function describe({ hits, fileCount }: SearchResult, named: string[]): string {
  const lines = [...named, ...hits.map(({ path, line, text }) => `${path}:${line}: ${text}`)];
  return lines.length > 0 ? lines.join("\n") : `No matches in ${countOf(fileCount, "file")}`;
}

function report({ hits, hitCount, fileCount, named }: SearchResult & { named: string[] }): string {
  if (hitCount === 0 && named.length === 0)
    return `Nothing found in ${countOf(fileCount, "file")}.\n`;
  const more = hitCount > hits.length ? `, the first ${hits.length} of them` : "";
  const names = named.map((path) => `- \`${path}\` by its name`);
  const lines = hits.map(
    ({ path, line, text }) => `- \`${path}:${line}\` \`${text.replaceAll("`", "'")}\``,
  );
  return `${countOf(hitCount, "line")} in ${countOf(fileCount, "file")}${more}:\n\n${[...names, ...lines].join("\n")}\n`;
}

const escapePattern = (word: string) => word.replace(/[.*+?^${}()|[\]\\-]/g, "\\$&");
