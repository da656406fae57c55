import { isRecord } from "#lib/is-record.ts";
import type { AgentUpdate } from "./agent-update.ts";

const CALLS_MAX = 100;
/** Of one call; what is larger nobody could read before he allows it. */
const INPUT_MAX_CHARACTERS = 256 * 1024;

/**
 * What tools were said to be given, by the calls of a turn that have not ended; of too many the last ones, and none that
 * is very large.
 */
export interface HeardInputs {
  /** Updates that are about something else change nothing. */
  take(update: AgentUpdate): void;
  /** Undefined where nothing was heard. */
  get(toolCallId: unknown): unknown;
}

/** Some agents ask for leave without saying what for: they said it when the call began. */
export function createHeardInputs(): HeardInputs {
  const inputs = new Map<unknown, unknown>();
  return {
    take({ sessionUpdate, toolCallId, rawInput, status }) {
      if (sessionUpdate !== "tool_call" && sessionUpdate !== "tool_call_update") return;
      if (status === "completed" || status === "failed") inputs.delete(toolCallId);
      else if (!isEmptyInput(rawInput)) {
        // The one before says something else.
        if (isTooLarge(rawInput)) inputs.delete(toolCallId);
        else inputs.set(toolCallId, rawInput);
      }
      if (inputs.size > CALLS_MAX) inputs.delete(inputs.keys().next().value);
    },
    get: (toolCallId) => inputs.get(toolCallId),
  };
}

const isTooLarge = (input: unknown) => JSON.stringify(input).length > INPUT_MAX_CHARACTERS;

/** An input that says nothing. */
export function isEmptyInput(input: unknown): boolean {
  if (typeof input === "string") return input.trim() === "";
  if (Array.isArray(input)) return input.length === 0;
  return isRecord(input) ? Object.keys(input).length === 0 : input === undefined || input === null;
}
