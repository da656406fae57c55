import type { AvailableCommand } from "@agentclientprotocol/sdk";

/** Slash commands of the tour. */
export const availableCommands: AvailableCommand[] = [
  { name: "tour", description: "Look around in the repository and write a short report" },
  {
    name: "search",
    description: "Look for words in the repository",
    input: { hint: "words to look for" },
  },
];

/** The command that a prompt begins with, and what stands behind it; null for a prompt without one. */
export function readCommand(prompt: string): { name: string; rest: string } | null {
  const [, name = "", rest = ""] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(prompt.trim()) ?? [];
  return availableCommands.some((command) => command.name === name) ? { name, rest } : null;
}
