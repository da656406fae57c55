import { TICKS_MAX } from "./body-outline.ts";
import { describeOutput } from "./output-frame.ts";
import type { Block, ToolBlock } from "./read-block.ts";
import type { ExportHead } from "./session-format.ts";
import { countWords, formatTime, type TranscriptWriter } from "./transcript-format.ts";
import { toVisibleText } from "./visible-text.ts";

const LONG_TICKS = new RegExp(`\`{${TICKS_MAX}}`, "g");

/** A transcript as Markdown. Texts of people and agents are Markdown already; everything else is fenced. */
export function createMarkdownWriter(head: ExportHead): TranscriptWriter {
  return {
    begin() {
      const facts = [
        ["Added", formatTime(Date.parse(head.createdAt))],
        ["Exported", formatTime(Date.parse(head.exportedAt))],
        ["Agent", head.agent],
        ["Model", head.model],
        ["Repository", head.repository],
      ].filter(([, value]) => value);
      const lines = facts.map(([name, value]) => `- ${name}: ${oneLine(value ?? "")}`);
      return `# ${oneLine(head.title)}\n\n- Session: ${code(head.sessionId)}\n${lines.join("\n")}\n`;
    },
    message({ role, model, createdMs, error }, turn) {
      const name = turn === null ? nameOf(role) : `Prompt ${turn}`;
      const details = [name, oneLine(model), formatTime(createdMs)].filter(Boolean).join(" · ");
      const trouble = error === null ? "" : `\nError:\n\n${fence(error)}\n`;
      return `\n## ${details}\n${trouble}`;
    },
    block: writeBlock,
    piece: writePiece,
    takesBytesOf: () => false,
    output(facts, place) {
      const link = place.kind === "link" ? ` <${encodeURI(place.href)}>` : "";
      const before = `\n*Output: ${oneLine(describeOutput(facts))}*${link}\n`;
      return { before, after: "" };
    },
    end: (totals) =>
      `\n---\n\n${countWords(totals)}.\n\n<!-- millrace export: SHA-256 of everything above the line ${totals.sha256} -->\n`,
  };
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case "text":
      return block.text === "" ? "" : `\n${toVisibleText(block.text)}\n`;
    case "reasoning":
      return block.text === "" ? "" : `\n${quote(toVisibleText(block.text))}\n`;
    case "tool":
      return writeTool(block);
    case "file": {
      const isLink = /^https?:\/\//i.test(block.url) && block.url.length < 2_048;
      const link = isLink ? ` <${encodeURI(block.url)}>` : "";
      return `\n*File: ${oneLine(block.name)} (${oneLine(block.mime)})*${link}\n`;
    }
    case "note":
      return `\n*${oneLine(block.text)}*\n`;
    case "raw":
      return `\n**${oneLine(block.type)}**\n\n${fence(block.json, "json")}\n`;
  }
}

function writeTool({ name, title, status, input, output, error }: ToolBlock): string {
  const state = status === "" ? "" : ` (${oneLine(status)})`;
  const what = title === "" ? "" : ` ${code(title)}`;
  const parts = [`\n**${oneLine(name)}**${what}${state}\n`];
  if (input !== null && input !== "{}") parts.push(`\nInput:\n\n${fence(input, "json")}\n`);
  if (output !== null && output !== "") parts.push(`\nOutput:\n\n${fence(output)}\n`);
  if (error !== null) parts.push(`\nError:\n\n${fence(error)}\n`);
  return parts.join("");
}

const nameOf = (role: string) => (role === "assistant" ? "Answer" : oneLine(role));

/** Fit for a heading or a list: no line break, and nothing that Markdown would take for more than text. */
const oneLine = (text: string) =>
  toVisibleText(text)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\*_[\]<>]/g, "\\$&");

/** What stands in a quotation stays there; what stands in a fence does not end it. */
function writePiece(text: string, before: string): string {
  const isQuoted = before.endsWith("\n> ");
  const broken = text.replaceAll(LONG_TICKS, "$& ");
  return isQuoted ? broken.replaceAll("\n", "\n> ") : broken;
}

const quote = (text: string) => text.replace(/^/gm, "> ");

/** A fence longer than any row of backticks inside. */
function fence(text: string, language = ""): string {
  const clean = toVisibleText(text);
  const marks = "`".repeat(Math.max(3, longestTicks(clean) + 1));
  return `${marks}${language}\n${clean.replace(/\n$/, "")}\n${marks}`;
}

function code(text: string): string {
  const clean = toVisibleText(text).replace(/\s+/g, " ");
  const marks = "`".repeat(longestTicks(clean) + 1);
  const isClear = !clean.startsWith("`") && !clean.endsWith("`");
  return isClear ? `${marks}${clean}${marks}` : `${marks} ${clean} ${marks}`;
}

function longestTicks(text: string): number {
  let longest = 0;
  for (const [row] of text.matchAll(/`+/g)) longest = Math.max(longest, row.length);
  return longest;
}
