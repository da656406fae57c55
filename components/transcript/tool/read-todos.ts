import { isRecord } from "#lib/is-record.ts";
import { readList, readObject, readText, type JsonObject } from "#lib/json.ts";

/** One thing to do. */
export interface Entry {
  content: string;
  /** `pending`, `in_progress`, `completed`, `cancelled`, or a word of the agent's. */
  status: string;
}

const contentMembers = ["content", "step", "title", "subject", "description", "text", "task"];
const statuses: Readonly<Record<string, string>> = {
  todo: "pending",
  "not-started": "pending",
  not_started: "pending",
  open: "pending",
  "in-progress": "in_progress",
  doing: "in_progress",
  active: "in_progress",
  done: "completed",
  complete: "completed",
  canceled: "cancelled",
};

/** Entries of a plan or a list of things to do, whatever else they carry. */
export function readEntries(values: readonly unknown[]): Entry[] {
  return values.flatMap((value) => {
    if (typeof value === "string") return [{ content: value, status: "pending" }];
    if (!isRecord(value)) return [];
    const member = contentMembers.find((name) => readText(value, name) !== null);
    const status = readText(value, "status") ?? readText(value, "state") ?? "pending";
    return [
      {
        content: member === undefined ? "" : (readText(value, member) ?? ""),
        status: Object.hasOwn(statuses, status) ? (statuses[status] ?? status) : status,
      },
    ];
  });
}

/** The list that a tool call made or read; empty when it has none. */
export function readTodos(data: JsonObject): Entry[] {
  const state = readObject(data, "state");
  for (const holder of [readObject(state, "input"), readObject(state, "metadata")]) {
    for (const name of ["todos", "plan", "newTodos", "todoList", "items", "entries"]) {
      const entries = readEntries(readList(holder, name));
      if (entries.length > 0) return entries;
    }
  }
  return [];
}
