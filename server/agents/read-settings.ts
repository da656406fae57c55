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
  return firstOfEach(recordsOf(value), AGENT_OPTIONS_MAX, (raw) => {
    const id = idOf(raw["id"]);
    const current = idOf(raw["currentValue"]);
    if (id === null || current === null) return null;
    const option: AgentOption = {
      id,
      name: nameOf(raw) ?? id,
      way: "config",
      category: textOf(raw["category"], NAME_MAX_CHARACTERS) ?? categoryOf(id),
      value: current,
      choices: readConfigChoices(raw["options"]),
    };
    return [id, option];
  });
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
  const now = idOf(value[current]);
  if (now === null) return null;
  const choices = readChoices(recordsOf(value[list]), key);
  return { id, name, way: id, category: id, value: now, choices };
}

const readChoices = (raws: readonly Raw[], key: string): AgentChoice[] =>
  firstOfEach(raws, AGENT_CHOICES_MAX, (raw) => {
    const value = idOf(raw[key]);
    if (value === null) return null;
    return [value, { value, name: nameOf(raw) ?? value, description: describe(raw) }];
  });

/** Slash commands, without the slash that some agents put before their names. */
export const readCommands = (value: unknown): AgentCommand[] =>
  firstOfEach(recordsOf(value), AGENT_COMMANDS_MAX, (raw) => {
    const name = nameOf(raw)?.replace(/^\//, "") ?? "";
    if (name === "" || /\s/.test(name)) return null;
    const hint = isRecord(raw["input"]) ? textOf(raw["input"]["hint"], NAME_MAX_CHARACTERS) : null;
    return [name, { name, description: describe(raw) ?? "", hint }];
  });

/** The first of each key that `read` tells, as many as `maxCount`; null is left out. */
function firstOfEach<Value>(
  raws: readonly Raw[],
  maxCount: number,
  read: (raw: Raw) => [key: string, value: Value] | null,
): Value[] {
  const found = new Map<string, Value>();
  for (const raw of raws) {
    if (found.size === maxCount) break;
    const entry = read(raw);
    if (entry && !found.has(entry[0])) found.set(...entry);
  }
  return [...found.values()];
}

const recordsOf = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isRecord) : []);

const idOf = (value: unknown) => textOf(value, ID_MAX_CHARACTERS);
const nameOf = (raw: Raw) => textOf(raw["name"], NAME_MAX_CHARACTERS);
const describe = (raw: Raw) => textOf(raw["description"], DESCRIPTION_MAX_CHARACTERS, "cut");

/** Null for what is no text, empty, or cannot be stored; longer ones are cut, or no value at all where they are ids. */
function textOf(value: unknown, maxCharacters: number, whenLonger?: "cut"): string | null {
  if (typeof value !== "string" || value === "" || /[\0\p{Surrogate}]/u.test(value)) return null;
  if (value.length <= maxCharacters) return value;
  return whenLonger === "cut"
    ? value.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, "")
    : null;
}
