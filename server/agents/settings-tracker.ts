import { isDeepStrictEqual } from "node:util";
import type { AgentCommand, AgentOption } from "#lib/agent-settings.ts";
import type { Answer } from "./agent-answers.ts";
import type { AgentUpdate } from "./agent-update.ts";
import { atMostOptions, readCommands, readConfigOptions, readOptions } from "./read-settings.ts";

export interface AgentSettings {
  options: readonly AgentOption[];
  commands: readonly AgentCommand[];
}

/** What an agent says of its settings, by its own ids of sessions; also between turns, where nothing else is heard. */
export interface SettingsTracker {
  /** The same object until something changes. */
  get(sessionId: string): AgentSettings;
  /** The answer that opened a session. */
  open(sessionId: string, answer: Answer): void;
  /** Updates that are about something else change nothing. */
  take(sessionId: string, update: AgentUpdate): void;
  /** The agent has taken this value. */
  set(sessionId: string, change: { optionId: string; value: string }): void;
  /** Called after every change, until the agent is gone. */
  follow(listener: (sessionId: string) => void): void;
}

/** Agents may tell of a session before they have answered with its id; of more sessions nothing is kept. */
const UNOPENED_SESSIONS_MAX = 20;
const nothing: AgentSettings = { options: [], commands: [] };

export function createSettingsTracker(): SettingsTracker {
  const known = new Map<string, AgentSettings>();
  const opened = new Set<string>();
  const listeners: ((sessionId: string) => void)[] = [];
  const get = (sessionId: string) => known.get(sessionId) ?? nothing;

  function change(sessionId: string, part: Partial<AgentSettings>): void {
    const before = get(sessionId);
    const next = { ...before, ...part };
    if (isDeepStrictEqual(before, next)) return;
    known.set(sessionId, next);
    for (const listener of listeners) listener(sessionId);
  }

  function setWhere(
    sessionId: string,
    isMeant: (option: AgentOption) => boolean,
    value: unknown,
  ): void {
    if (typeof value !== "string") return;
    const { options } = get(sessionId);
    change(sessionId, {
      options: options.map((option) => (isMeant(option) ? { ...option, value } : option)),
    });
  }

  function replaceConfig(sessionId: string, value: unknown): void {
    const config = readConfigOptions(value);
    const others = get(sessionId).options.filter(({ way }) => way !== "config");
    if (config.length > 0) change(sessionId, { options: atMostOptions([...config, ...others]) });
  }

  return {
    get,
    open(sessionId, answer) {
      opened.add(sessionId);
      known.set(sessionId, get(sessionId));
      change(sessionId, { options: readOptions(answer) });
    },
    set: (sessionId, { optionId, value }) =>
      setWhere(sessionId, ({ id }) => id === optionId, value),
    follow: (listener) => void listeners.push(listener),
    take(sessionId, update) {
      const isNew = !opened.has(sessionId) && !known.has(sessionId);
      if (isNew && known.size >= opened.size + UNOPENED_SESSIONS_MAX) return undefined;
      switch (update.sessionUpdate) {
        case "available_commands_update":
          return change(sessionId, { commands: readCommands(update["availableCommands"]) });
        case "current_mode_update":
          return setWhere(
            sessionId,
            ({ category }) => category === "mode",
            update["currentModeId"],
          );
        case "config_option_update":
          return replaceConfig(sessionId, update["configOptions"]);
        default:
          return undefined;
      }
    },
  };
}
