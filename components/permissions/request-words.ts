import type { AgentRequest } from "#lib/agent-request.ts";

const kinds: Readonly<Record<string, string>> = {
  execute: "The agent wants to run a command",
  edit: "The agent wants to change a file",
  delete: "The agent wants to delete something",
  move: "The agent wants to move a file",
  read: "The agent wants to read something",
  search: "The agent wants to search",
  fetch: "The agent wants to fetch something from the network",
  switch_mode: "The agent wants to change its mode",
};

/** What is asked, in a few words. */
export function requestWords({ kind, toolKind }: Pick<AgentRequest, "kind" | "toolKind">): string {
  if (kind === "question") return "The agent has a question";
  const words = toolKind !== null && Object.hasOwn(kinds, toolKind) ? kinds[toolKind] : undefined;
  return words ?? "The agent wants to use a tool";
}

/** What is read out when the agent begins to wait. */
export function announceRequests(requests: readonly AgentRequest[]): string | null {
  const [first] = requests;
  if (first === undefined) return null;
  const more = requests.length > 1 ? `, and ${requests.length - 1} more` : "";
  return `Needs you. ${requestWords(first)}: ${first.title}${more}`;
}
