import { readText } from "#lib/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import type { Turn } from "./build-turns.ts";
import { foldParts, visibleParts } from "./part-groups.ts";

/** A turn as Markdown: the prompt, a line for every tool call, and everything that the agent said. */
export function turnToMarkdown(turn: Turn): string {
  const prompt = promptText(turn);
  const parts = visibleParts(turn.answers);
  return [
    ...(prompt === "" ? [] : ["## Prompt", prompt]),
    ...(parts.length === 0 ? [] : ["## Agent", ...parts.map(partToMarkdown)]),
  ]
    .filter((block) => block !== "")
    .join("\n\n");
}

/** The answer as a quotation. */
export function turnToQuote(turn: Turn): string {
  const { answer } = foldParts(visibleParts(turn.answers));
  const text = answer.map(textOf).filter(Boolean).join("\n\n");
  return (text === "" ? promptText(turn) : text)
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

function promptText({ prompt }: Turn): string {
  if (prompt === null) return "";
  const parts = prompt.message ? visibleParts([prompt.message]) : [];
  const texts = parts.map(textOf).filter(Boolean);
  return texts.length > 0 ? texts.join("\n\n") : (prompt.state?.text ?? "");
}

function partToMarkdown(part: PartView): string {
  if (part.kind === "text") return textOf(part);
  if (part.kind === "reasoning") return quote(textOf(part));
  if (part.kind !== "tool") return "";
  const state = part.data?.["state"];
  const title = readText(state, "title");
  return `- \`${readText(part.data, "tool") ?? "tool"}\`${title === null ? "" : ` ${title}`}`;
}

const quote = (text: string) => text.replaceAll(/^/gm, "> ");
