import { isDeepStrictEqual } from "node:util";
import type { AgentOption } from "#lib/agent-settings.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";
import type { AgentSettings } from "#server/agents/settings-tracker.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";

type Needs = Pick<Services, "database" | "bus" | "log">;

/** Keeps the row of a session's settings as its agent tells them. */
export interface SettingsRecord {
  /** Resolves when all that the agent has told so far is stored; rejects when it could not be. */
  stored(): Promise<void>;
}

interface RecordOptions {
  ownership: Ownership;
  connection: Pick<AgentConnection, "settings">;
  agentSessionId: string;
}

/** Stores what the agent told when its session was opened, and goes on with what it tells later. */
export function recordSettings(
  services: Needs,
  { ownership, connection: { settings }, agentSessionId }: RecordOptions,
): SettingsRecord {
  let writing = Promise.resolve();
  let written: AgentSettings | null = null;

  const write = async () => {
    const now = settings.get(agentSessionId);
    if (written === now) return;
    const isFirst = written === null;
    await changeOwnSession(services, ownership, (tx) =>
      storeSettings(tx, ownership, { settings: now, isFirst }),
    );
    written = now;
  };
  const store = () => {
    writing = writing.catch(() => {}).then(write);
    writing.catch((error: unknown) =>
      services.log.warn({ err: error }, "agent's settings not stored"),
    );
  };

  settings.follow((sessionId) => {
    if (sessionId === agentSessionId) store();
  });
  store();
  return {
    stored() {
      store();
      return writing;
    },
  };
}

interface StoredSettings {
  options: AgentOption[];
  commands: unknown[];
  chosen: Record<string, string>;
}

async function storeSettings(
  tx: TransactionSql,
  { sessionId, generation }: Ownership,
  { settings, isFirst }: { settings: AgentSettings; isFirst: boolean },
): Promise<void> {
  const [known] = await tx<StoredSettings[]>`
    select options, commands, chosen from agent_settings
    where session_id = ${sessionId} and generation = ${generation}`;
  const { options, commands } = settings;
  const model = options.find(({ category }) => category === "model")?.value ?? null;
  await tx`update sessions set model = coalesce(${model}, model) where id = ${sessionId}`;
  if (known && isDeepStrictEqual([known.options, known.commands], [options, commands])) return;
  const chosen = isFirst || !known ? (known?.chosen ?? {}) : followAgent(known, options);
  await tx`
    insert into agent_settings (session_id, generation, options, commands, chosen)
    values (
      ${sessionId}, ${generation}, ${JSON.stringify(options)}::text::jsonb,
      ${JSON.stringify(commands)}::text::jsonb, ${JSON.stringify(chosen)}::text::jsonb
    )
    on conflict (session_id, generation) do update
    set version = agent_settings.version + 1, options = excluded.options,
      commands = excluded.commands, chosen = excluded.chosen, updated_at = now()`;
}

/**
 * An agent that goes on to another value by itself, as from planning to building, is not brought back by what somebody
 * chose before. What was chosen and is not applied yet stays.
 */
export function followAgent(
  { options, chosen }: Pick<StoredSettings, "options" | "chosen">,
  next: readonly AgentOption[],
): Record<string, string> {
  const valueOf = (list: readonly AgentOption[], optionId: string) =>
    list.find(({ id }) => id === optionId)?.value;
  return Object.fromEntries(
    Object.entries(chosen).map(([id, value]) => {
      const wasApplied = valueOf(options, id) === value;
      return [id, (wasApplied ? valueOf(next, id) : undefined) ?? value];
    }),
  );
}
