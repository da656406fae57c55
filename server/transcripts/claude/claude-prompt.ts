import type { JsonObject } from "#lib/json.ts";

/** What stands in a record that the program wrote in the person's name. */
export type PromptKind =
  /** The person's own words, or the command that was typed. */
  | { kind: "prompt"; text: string; isBareCommand?: boolean }
  /** What a command of the program printed. */
  | { kind: "printed"; text: string }
  /** For the model alone. */
  | { kind: "hidden" }
  | { kind: "compacted" }
  | { kind: "interrupted" };

const hiddenStarts = ["<local-command-caveat>", "<system-reminder>", "<task-notification>"];

export function readPromptKind(record: JsonObject, text: string): PromptKind {
  if (record["isCompactSummary"] === true) return { kind: "compacted" };
  if (text.startsWith("[Request interrupted by user")) return { kind: "interrupted" };
  const start = text.trimStart();
  if (record["isMeta"] === true || hiddenStarts.some((tag) => start.startsWith(tag)))
    return { kind: "hidden" };
  const command = textOf(text, "command-name");
  if (command !== null && /^<command-(name|message|args)>/.test(start)) {
    const given = textOf(text, "command-args") ?? "";
    return { kind: "prompt", text: `${command} ${given}`.trim(), isBareCommand: given === "" };
  }
  const shell = start.startsWith("<bash-input>") ? textOf(text, "bash-input") : null;
  if (shell !== null) return { kind: "prompt", text: `! ${shell}` };
  if (/^<(local-command|bash)-std(out|err)>/.test(start)) {
    const printed = ["local-command-stdout", "local-command-stderr", "bash-stdout", "bash-stderr"]
      .map((tag) => textOf(text, tag))
      .filter(Boolean);
    return { kind: "printed", text: printed.join("\n") };
  }
  return { kind: "prompt", text };
}

/** What stands between the marks; null when they are not there. */
function textOf(text: string, tag: string): string | null {
  const start = text.indexOf(`<${tag}>`);
  if (start === -1) return null;
  const end = text.indexOf(`</${tag}>`, start);
  return text.slice(start + tag.length + 2, end === -1 ? undefined : end).trim();
}
