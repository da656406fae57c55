import { isAppError } from "#lib/errors.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import type { SettingsRecord } from "./settings-record.ts";

type Needs = Pick<Services, "database" | "bus">;

interface ApplyOptions {
  ownership: Ownership;
  agent: {
    connection: Pick<AgentConnection, "settings" | "setOption">;
    agentSessionId: string;
    settings: SettingsRecord;
  };
  signal: AbortSignal;
}

/**
 * Has the agent take what people chose since the last prompt. Throws `conflict` when it refuses: the prompt was meant
 * for another mode or model. The choice is forgotten then, so that the prompt can be sent again as things are.
 */
export async function applyChosen(
  services: Needs,
  { ownership, agent, signal }: ApplyOptions,
): Promise<void> {
  const { connection, agentSessionId, settings } = agent;
  for (const [optionId, value] of Object.entries(await readChosen(services, ownership))) {
    const option = connection.settings
      .get(agentSessionId)
      .options.find(({ id }) => id === optionId);
    // Another agent's, from before the plan was changed.
    if (!option || option.value === value) continue;
    signal.throwIfAborted();
    try {
      await connection.setOption({ sessionId: agentSessionId, optionId, value, signal });
    } catch (error) {
      if (isAppError(error) && error.details["reason"] === "option_refused")
        await forgetChoice(services, ownership, { optionId, value });
      throw error;
    }
  }
  await settings.stored();
}

/** Values that people chose, by the ids of their options. */
export async function readChosen(
  { database }: Pick<Needs, "database">,
  { sessionId, generation }: Ownership,
): Promise<Record<string, string>> {
  const [row] = await database.sql<{ chosen: Record<string, string> }[]>`
    select chosen from agent_settings
    where session_id = ${sessionId} and generation = ${generation}`;
  return row?.chosen ?? {};
}

/** Unless something else was chosen meanwhile. */
async function forgetChoice(
  services: Needs,
  ownership: Ownership,
  { optionId, value }: { optionId: string; value: string },
): Promise<void> {
  const { sessionId, generation } = ownership;
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update agent_settings set chosen = chosen - ${optionId}::text, updated_at = now()
      where session_id = ${sessionId} and generation = ${generation}
        and chosen ->> ${optionId} = ${value}`;
  });
}
