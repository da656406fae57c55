import type { AgentCommand } from "#lib/agent-settings.ts";

/** What is typed of a slash command, without the slash; null for a prompt that is none, or has gone on behind it. */
export function readTypedCommand(text: string): string | null {
  return /^\/(\S*)$/.exec(text)?.[1] ?? null;
}

/** Commands that begin with what was typed, then those that hold it; in the agent's order. */
export function findCommands(
  commands: readonly AgentCommand[],
  typed: string,
): readonly AgentCommand[] {
  const wanted = typed.toLowerCase();
  const begin = commands.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const hold = commands.filter(
    (command) => !begin.includes(command) && command.name.toLowerCase().includes(wanted),
  );
  return [...begin, ...hold];
}
