/** What a tool does, as far as icon and verb go. */
export type ToolAction =
  | "execute"
  | "read"
  | "write"
  | "edit"
  | "delete"
  | "move"
  | "search"
  | "list"
  | "fetch"
  | "delegate"
  | "todo"
  | "think"
  | "other";

const byName: Readonly<Record<string, ToolAction>> = {
  bash: "execute",
  read: "read",
  write: "write",
  edit: "edit",
  patch: "edit",
  delete: "delete",
  move: "move",
  search: "search",
  grep: "search",
  glob: "search",
  list: "list",
  ls: "list",
  webfetch: "fetch",
  websearch: "fetch",
  task: "delegate",
  todowrite: "todo",
  todoread: "todo",
  think: "think",
};

const byKind: Readonly<Record<string, ToolAction>> = {
  read: "read",
  edit: "edit",
  delete: "delete",
  move: "move",
  search: "search",
  execute: "execute",
  think: "think",
  fetch: "fetch",
};

/** The name that the agent gave it counts before the kind. */
export function toolAction(name: string, kind: string | null): ToolAction {
  return byName[name.toLowerCase()] ?? (kind === null ? undefined : byKind[kind]) ?? "other";
}

/** While it runs, and once it has ended. */
const verbs: Readonly<Record<Exclude<ToolAction, "other">, readonly [string, string]>> = {
  execute: ["Running", "Ran"],
  read: ["Reading", "Read"],
  write: ["Writing", "Wrote"],
  edit: ["Editing", "Edited"],
  delete: ["Deleting", "Deleted"],
  move: ["Moving", "Moved"],
  search: ["Searching", "Searched"],
  list: ["Listing", "Listed"],
  fetch: ["Fetching", "Fetched"],
  delegate: ["Delegating", "Delegated"],
  todo: ["Updating the plan", "Updated the plan"],
  think: ["Thinking", "Thought"],
};

/** `Running`, `Ran`; a tool that we do not know goes by its own name. */
export function toolVerb(
  action: ToolAction,
  { name, hasEnded }: { name: string; hasEnded: boolean },
): string {
  return action === "other" ? name : verbs[action][hasEnded ? 1 : 0];
}
