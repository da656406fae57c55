import type { AgentCommand, AgentOption } from "#lib/agent-settings.ts";
import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Database, Fragment, Sql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { changeSession, requireOpen } from "./change-session.ts";

type Needs = Pick<Services, "database" | "bus">;

export interface AgentSettingsLists {
  version: number;
  options: AgentOption[];
  commands: AgentCommand[];
}

/** Everything that the session's agent says that can be chosen and asked for; null before it said anything. */
export async function readAgentSettings(
  { sql }: Database,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
): Promise<AgentSettingsLists | null> {
  const [row] = await sql<AgentSettingsLists[]>`
    select version, options, commands from agent_settings
    where session_id = ${sessionId} and generation = ${generation}`;
  return row ?? null;
}

interface Choice {
  optionId: string;
  value: string;
}

/**
 * Chooses a value for the next prompt on: the actor has the agent take it before. Safe to repeat. Throws `conflict`
 * before the agent has told what there is, `invalid_input` for what it does not offer.
 */
export async function chooseOption(
  services: Needs,
  access: SessionAccess,
  { optionId, value }: Choice,
): Promise<void> {
  const { sessionId, generation } = access;
  await changeSession(services, access, async (tx, session) => {
    requireOpen(session);
    const [row] = await tx<{ options: AgentOption[] }[]>`
      select options from agent_settings
      where session_id = ${sessionId} and generation = ${generation}`;
    if (!row) throw new AppError("conflict", "The agent has not said yet what can be chosen");
    const option = row.options.find(({ id }) => id === optionId);
    if (!option) throw notOffered("The agent has no such option", "optionId");
    if (option.choices.every((choice) => choice.value !== value))
      throw notOffered("The agent does not offer this value", "value");
    const choice = JSON.stringify({ [optionId]: value });
    await tx`
      update agent_settings set chosen = chosen || ${choice}::text::jsonb, updated_at = now()
      where session_id = ${sessionId} and generation = ${generation}`;
  });
}

const notOffered = (message: string, field: string) =>
  new AppError("invalid_input", message, { details: { field } });

/** `AgentSettingsState` as JSON, without the long lists: for a statement that knows `sessions`. */
export const agentSettingsState = (sql: Sql): Fragment => sql`(
  select json_build_object(
    'version', version, 'commandCount', jsonb_array_length(commands),
    'options', (
      select coalesce(json_agg(json_build_object(
        'id', o ->> 'id', 'name', o ->> 'name', 'category', o ->> 'category',
        'value', o ->> 'value', 'valueName', ${nameOf(sql, sql`o ->> 'value'`)},
        'chosen', case when chosen ->> (o ->> 'id') <> o ->> 'value' then json_build_object(
          'value', chosen ->> (o ->> 'id'), 'name', ${nameOf(sql, sql`chosen ->> (o ->> 'id')`)}
        ) end
      ) order by n), '[]')
      from jsonb_array_elements(options) with ordinality as each(o, n)
    )
  )
  from agent_settings
  where session_id = sessions.id and agent_settings.generation = sessions.generation
)`;

/** What people call a value of the option `o`. */
const nameOf = (sql: Sql, value: Fragment): Fragment => sql`coalesce(
  jsonb_path_query_first(
    o, '$.choices[*] ? (@.value == $value).name', jsonb_build_object('value', ${value})
  ) #>> '{}',
  ${value}
)`;
