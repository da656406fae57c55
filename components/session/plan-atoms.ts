import { atom } from "jotai";
import { readTodos, type Entry } from "#components/transcript/tool/read-todos.ts";
import { readTool } from "#components/transcript/tool/read-tool.ts";
import { sessionViewAtom, statusAtom } from "./session-atoms.ts";
import type { MessageView } from "./session-view.ts";

/** A turn is running. */
export const isBusyAtom = atom((get) => {
  const status = get(statusAtom);
  return status === "working" || status === "needs_you";
});

/** What the agent has set out to do, as it last said in the last turn; empty where it makes no plan. */
export const planAtom = atom((get) => findPlan(get(sessionViewAtom).messages));

/** The latest list of the messages after the last prompt. */
export function findPlan(messages: readonly MessageView[]): readonly Entry[] {
  for (const { role, parts } of messages.toReversed()) {
    if (role === "user") break;
    for (const { kind, data } of parts.toReversed()) {
      if (kind !== "tool" || data === null || readTool(data).action !== "todo") continue;
      const entries = readTodos(data);
      if (entries.length > 0) return entries;
    }
  }
  return [];
}
