import { isAppError } from "#lib/errors.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";

interface TakeOptions {
  connection: Pick<AgentConnection, "settings" | "setOption">;
  sessionId: string;
  signal: AbortSignal;
  onOutput(text: string): void;
}

/**
 * Our transcript names the agent where some expect a mode of theirs: they take no prompt then before it has one. A mode
 * that is refused is told, and ends no resume.
 */
export async function takeOfferedModes({
  connection,
  sessionId,
  signal,
  onOutput,
}: TakeOptions): Promise<void> {
  for (const { id, category, value, choices } of connection.settings.get(sessionId).options) {
    const [first] = choices;
    if (category !== "mode" || !first || choices.some((choice) => choice.value === value)) continue;
    try {
      await connection.setOption({ sessionId, optionId: id, value: first.value, signal });
    } catch (error) {
      if (!isAppError(error) || error.details["reason"] !== "option_refused") throw error;
      onOutput(`${error.message}\n`);
    }
  }
}
