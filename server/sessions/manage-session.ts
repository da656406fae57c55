import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import {
  openEnvironment,
  sealEnvironment,
  type StoredEnvironment,
} from "#server/secrets/session-environment.ts";
import type { Services } from "#server/services.ts";
import { acceptAgain } from "./accept-again.ts";
import { changeSession, requireOpen } from "./change-session.ts";
import { checkPlan } from "./check-plan.ts";
import { restartSession, wakeSession } from "./enqueue-run.ts";
import { findFirstPrompt } from "./first-prompt.ts";
import type { SessionUpdate } from "./new-session.ts";
import { titleOf } from "./start-session.ts";
import { forgetStop } from "./stop-waiting.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "agents" | "environment">;

/** Gives the session a title that no agent replaces. */
export async function renameSession(
  services: Pick<Needs, "database" | "bus">,
  access: SessionAccess,
  title: string,
): Promise<void> {
  await changeSession(services, access, async (tx) => {
    await tx`
      update sessions set title = ${title}, title_source = 'person' where id = ${access.sessionId}`;
  });
}

/**
 * Tries a failed preparation again; a `conflict` unless the session has failed. A first prompt that was lost with its
 * worker is accepted again, under an id of its own.
 */
export async function retryPreparation(services: Needs, access: SessionAccess): Promise<void> {
  await changeSession(services, access, async (tx, session) => {
    requireOpen(session);
    if (session.status !== "failed") {
      throw new AppError("conflict", "Only a session that failed can be tried again", {
        details: { status: session.status },
      });
    }
    if (!session.ready) await acceptFirstAgain(tx, access);
    await forgetStop(tx, access);
    await restartSession(tx, services.queue, access);
  });
}

async function acceptFirstAgain(tx: TransactionSql, access: SessionAccess): Promise<void> {
  const first = await findFirstPrompt(tx, access);
  if (first?.status !== "settled") return;
  await acceptAgain(tx, access, { messageId: first.messageId, keepsPlace: true });
}

/** Releases the prompt of a session that was started with `autoInitiate: false`; repeats change nothing. */
export async function initiateSession(services: Needs, access: SessionAccess): Promise<void> {
  await changeSession(services, access, async (tx, session) => {
    if (session.initiated) return;
    requireOpen(session);
    await tx`update sessions set initiated_at = now() where id = ${access.sessionId}`;
    await forgetStop(tx, access);
    if (session.status !== "failed") await wakeSession(tx, services.queue, access);
  });
}

/**
 * Changes what was asked for, until the session is initiated; a `conflict` afterwards. The prompt may change at any
 * time before then. What a preparation has already used (branch, agent, setup, environment) makes it start again.
 */
export async function updateSession(
  services: Needs,
  access: SessionAccess,
  update: SessionUpdate,
): Promise<void> {
  const { sessionId, generation } = access;
  await changeSession(services, access, async (tx, session) => {
    if (session.initiated) {
      throw new AppError("conflict", "The session was initiated: its plan can no longer change");
    }
    requireOpen(session);
    const [current] = await tx<
      ({
        repository: string;
        branch: string | null;
        agentId: string;
        setupCommands: string[];
      } & StoredEnvironment)[]
    >`
      select repository, requested_branch as branch, agent_id as "agentId",
        setup_commands as "setupCommands", environment,
        sealed_environment as "sealedEnvironment", environment_key_id as "environmentKeyId"
      from sessions where id = ${sessionId}`;
    if (!current) throw new AppError("gone", "The session was deleted");
    const environment = await openEnvironment(services, sessionId, current);
    if (update.prompt !== undefined) {
      await tx`
        update prompts set text = ${update.prompt}
        where session_id = ${sessionId} and generation = ${generation}
          and message_id = ${(await findFirstPrompt(tx, access))?.messageId ?? null}
          and status = 'accepted'`;
      await tx`
        update sessions set title = ${titleOf(update.prompt)}
        where id = ${sessionId} and title_source = 'prompt'`;
    }
    const plan = checkPlan(services, {
      repository: current.repository,
      branch: update.branch ?? current.branch ?? undefined,
      agent: update.agent ?? current.agentId,
      setupCommands: update.setupCommands ?? current.setupCommands,
      environment: update.environment ?? environment,
    });
    const changed =
      plan.branch !== current.branch ||
      plan.agentId !== current.agentId ||
      JSON.stringify([plan.setupCommands, plan.environment]) !==
        JSON.stringify([current.setupCommands, environment]);
    if (!changed) return;
    const sealed = await sealEnvironment(services, sessionId, plan.environment);
    await tx`
      update sessions
      set requested_branch = ${plan.branch}, base_branch = null, agent_id = ${plan.agentId},
        setup_commands = ${JSON.stringify(plan.setupCommands)}::text::jsonb, environment = '{}',
        sealed_environment = ${sealed?.sealed ?? null}, environment_key_id = ${sealed?.keyId ?? null},
        plan_revision = plan_revision + 1
      where id = ${sessionId}`;
    await restartSession(tx, services.queue, access);
  });
}
