import type { PermissionMode, PermissionRule } from "#lib/agent-request.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { changeSession } from "#server/sessions/change-session.ts";
import { answerAllowed } from "./answer-allowed.ts";

/** What is always allowed in a session, the newest first. */
export async function listRules(
  { sql }: Database,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
): Promise<PermissionRule[]> {
  const rules = await sql<(Omit<PermissionRule, "createdAt"> & { createdMs: number })[]>`
    select rule_key as "ruleKey", tool_kind as "toolKind", title, summary,
      extract(epoch from created_at)::float8 * 1000 as "createdMs"
    from permission_rules
    where session_id = ${sessionId} and generation = ${generation}
    order by created_at desc, rule_key`;
  return rules.map(({ createdMs, ...rule }) => ({
    ...rule,
    createdAt: new Date(createdMs).toISOString(),
  }));
}

/** From now on somebody is asked again. Safe to run twice. */
export async function removeRule(
  services: Pick<Services, "database" | "bus">,
  { sessionId, generation }: SessionAccess,
  ruleKey: string,
): Promise<void> {
  await services.database.sql`
    delete from permission_rules
    where session_id = ${sessionId} and generation = ${generation} and rule_key = ${ruleKey}`;
}

/**
 * What the agent asks from now on is allowed, or a person is asked. What it has asked already and what is allowed now is
 * answered with it.
 */
export async function changePermissions(
  services: Pick<Services, "database" | "bus">,
  { viewer, access }: { viewer: Viewer; access: SessionAccess },
  permissions: PermissionMode,
): Promise<void> {
  const { sessionId } = access;
  await changeSession(services, access, async (tx) => {
    await tx`update sessions set permissions = ${permissions} where id = ${sessionId}`;
    await answerAllowed(tx, access, viewer);
    announce(tx, { kind: "wake", sessionId });
  });
}
