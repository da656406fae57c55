import type { AgentChoice, AgentCommand, AgentOption } from "#lib/agent-settings.ts";
import { isRecord } from "#lib/is-record.ts";
import { AGENT_CHOICES_MAX, AGENT_COMMANDS_MAX, AGENT_OPTIONS_MAX } from "#lib/limits.ts";
import type { Answer } from "./agent-answers.ts";

const ID_MAX_CHARACTERS = 200;
const NAME_MAX_CHARACTERS = 200;
const DESCRIPTION_MAX_CHARACTERS = 500;

type Raw = Record<string, unknown>;

/**
 * What can be chosen in a session, as the agent answers when it opens one. Options of the newer kind come first; modes
 * and models of the older kind only where no option stands for them. What is malformed is left out.
 */
export function readOptions(answer: Answer): AgentOption[] {
  const options = readConfigOptions(answer["configOptions"]);
  const older = [readModes(answer["modes"]), readModels(answer["models"])].filter(
    (option) => option !== null,
  );
  const missing = older.filter(({ id, category }) =>
    options.every((option) => option.id !== id && option.category !== category),
  );
  return atMostOptions([...options, ...missing]);
}

export const atMostOptions = (options: readonly AgentOption[]): AgentOption[] =>
  options.slice(0, AGENT_OPTIONS_MAX);

/** Options of the newer kind, of which only those with a list of values are known; the first `AGENT_OPTIONS_MAX`. */
export function readConfigOptions(value: unknown): AgentOption[] {
  const found = new Map<string, AgentOption>();
  for (const raw of recordsOf(value)) {
    const id = textOf(raw["id"], ID_MAX_CHARACTERS);
    const current = textOf(raw["currentValue"], ID_MAX_CHARACTERS);
    if (id === null || current === null || found.has(id)) continue;
    if (found.size === AGENT_OPTIONS_MAX) break;
    found.set(id, {
      id,
      name: textOf(raw["name"], NAME_MAX_CHARACTERS) ?? id,
      way: "config",
      category: textOf(raw["category"], NAME_MAX_CHARACTERS) ?? categoryOf(id),
      value: current,
      choices: readConfigChoices(raw["options"]),
    });
  }
  return [...found.values()];
}

/** Some agents name these two and tell no category. */
const categoryOf = (id: string) => (id === "mode" || id === "model" ? id : null);

/** Values as they are, or in groups. */
function readConfigChoices(value: unknown): AgentChoice[] {
  const flat = recordsOf(value).flatMap((raw) =>
    Array.isArray(raw["options"]) ? recordsOf(raw["options"]) : [raw],
  );
  return readChoices(flat, "value");
}

function readModes(value: unknown): AgentOption | null {
  return readOlder(value, {
    id: "mode",
    name: "Mode",
    current: "currentModeId",
    list: "availableModes",
    key: "id",
  });
}

function readModels(value: unknown): AgentOption | null {
  return readOlder(value, {
    id: "model",
    name: "Model",
    current: "currentModelId",
    list: "availableModels",
    key: "modelId",
  });
}

interface OlderKind {
  id: "mode" | "model";
  name: string;
  current: string;
  list: string;
  key: string;
}

function readOlder(
  value: unknown,
  { id, name, current, list, key }: OlderKind,
): AgentOption | null {
  if (!isRecord(value)) return null;
  const now = textOf(value[current], ID_MAX_CHARACTERS);
  if (now === null) return null;
  const choices = readChoices(recordsOf(value[list]), key);
  return { id, name, way: id, category: id, value: now, choices };
}

function readChoices(raws: readonly Raw[], key: string): AgentChoice[] {
  const found = new Map<string, AgentChoice>();
  for (const raw of raws) {
    const value = textOf(raw[key], ID_MAX_CHARACTERS);
    if (value === null || found.has(value)) continue;
    if (found.size === AGENT_CHOICES_MAX) break;
    const name = textOf(raw["name"], NAME_MAX_CHARACTERS) ?? value;
    found.set(value, { value, name, description: describe(raw) });
  }
  return [...found.values()];
}

/** Slash commands, without the slash that some agents put before their names. */
export function readCommands(value: unknown): AgentCommand[] {
  const found = new Map<string, AgentCommand>();
  for (const raw of recordsOf(value)) {
    const name = textOf(raw["name"], NAME_MAX_CHARACTERS)?.replace(/^\//, "") ?? "";
    if (name === "" || /\s/.test(name) || found.has(name)) continue;
    if (found.size === AGENT_COMMANDS_MAX) break;
    const hint = isRecord(raw["input"]) ? textOf(raw["input"]["hint"], NAME_MAX_CHARACTERS) : null;
    found.set(name, { name, description: describe(raw) ?? "", hint });
  }
  return [...found.values()];
}

const recordsOf = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isRecord) : []);

const describe = (raw: Raw) => textOf(raw["description"], DESCRIPTION_MAX_CHARACTERS, "cut");

/** Null for what is no text, empty, or cannot be stored; longer ones are cut, or no value at all where they are ids. */
function textOf(value: unknown, maxCharacters: number, whenLonger?: "cut"): string | null {
  if (typeof value !== "string" || value === "" || /[\0\p{Surrogate}]/u.test(value)) return null;
  if (value.length <= maxCharacters) return value;
  return whenLonger === "cut"
    ? value.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, "")
    : null;
}
