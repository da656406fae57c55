import { createHash } from "node:crypto";
import type { PermissionMode } from "#lib/agent-request.ts";
import { AppError } from "#lib/errors.ts";
import { hasVisibleText } from "#lib/has-visible-text.ts";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { pendingSteps } from "#lib/preparation.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import {
  isAttachmentGone,
  missingAttachment,
  requireAttachments,
} from "#server/attachments/take-attachments.ts";
import type { Database, Fragment } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { findStartProfile, type StartProfile } from "#server/profiles/find-start-profile.ts";
import type { Sealed } from "#server/secrets/seal.ts";
import { sealEnvironment } from "#server/secrets/session-environment.ts";
import type { Services } from "#server/services.ts";
import { checkPlan, type CheckedPlan } from "./check-plan.ts";
import type { NewSession } from "./new-session.ts";
import { runSessionJob } from "./run-session-job.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "agents" | "environment">;

interface StartRequest extends NewSession {
  /** Of the sessions that wait for a slot, those that are not come first. */
  isPatient?: boolean;
  /** The line of a batch that it is: the line names the session from the moment that there is one. */
  line?: { batchId: string; index: number };
}

/** Behind all that somebody waits for. */
const PATIENT_PRIORITY = -10;

/**
 * Starts a session: checks what was asked, writes session, prompt and job in one statement, answers its id. No network
 * but the database's, no disk. The same `messageId` with the same request answers the first session again; with another
 * request it is a `conflict`.
 */
export async function startSession(
  services: Needs,
  viewer: Viewer,
  input: StartRequest,
): Promise<{ sessionId: string }> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "write" });
  const asked = checkPlan(services, input);
  const { teamId } = viewer;
  const profile = await findStartProfile(services, {
    teamId,
    profile: input.profile,
    repositoryKey: asked.repository.key,
  });
  const agentId = input.agent ?? profile?.settings.agent ?? asked.agentId;
  const checked = { ...asked, agentId };
  const sessionId = createSessionId();
  const start: Start = {
    sessionId,
    messageId: input.messageId ?? createMessageId(),
    viewer,
    checked,
    profile,
    environment: await sealEnvironment(services, sessionId, checked.environment),
    prompt: input.prompt,
    attachmentIds: input.attachments ?? [],
    autoInitiate: input.autoInitiate,
    permissions: input.permissions ?? "allow",
    // As it was asked for: another default since then makes no other request of it.
    requestHash: hashRequest(asked, input),
    line: input.line ?? null,
  };
  await requireAttachments(services.database.sql, { ...viewer, ...start });
  const job = await services.queue.describeInsert(
    runSessionJob,
    { sessionId, generation: 1 },
    { priority: input.isPatient ? PATIENT_PRIORITY : 0 },
  );
  try {
    await insertSession(services.database, start, job.insert);
  } catch (error) {
    if (isUniqueViolation(error, "prompts_owner_message")) return findStarted(services, start);
    throw isAttachmentGone(error) ? missingAttachment() : error;
  }
  services.bus.tell(
    job.news,
    { kind: "state", sessionId, teamId: viewer.teamId },
    // Idle actors hear that somebody may need their slot.
    { kind: "wake", sessionId },
  );
  return { sessionId };
}

interface Start {
  sessionId: string;
  messageId: string;
  viewer: Viewer;
  checked: CheckedPlan;
  profile: StartProfile | null;
  environment: Sealed | null;
  prompt: string;
  attachmentIds: readonly string[];
  autoInitiate: boolean;
  permissions: PermissionMode;
  requestHash: string;
  line: StartRequest["line"] | null;
}

async function insertSession({ sql }: Database, start: Start, jobInsert: Fragment): Promise<void> {
  const { sessionId, viewer, checked, profile, environment, line } = start;
  const files = sql`, files as (
    insert into prompt_attachments (session_id, generation, message_id, position, attachment_id)
    select session.id, generation, ${start.messageId}, position - 1, named.id
    from session, unnest(${[...start.attachmentIds]}::text[]) with ordinality as named(id, position)
  )`;
  const named = sql`, named as (
    update batch_items set session_id = ${sessionId}
    where batch_id = ${line?.batchId ?? null} and index = ${line?.index ?? null}
  )`;
  await sql`
    with session as (
      insert into sessions (
        id, team_id, owner_id, status, title, title_source, repository, requested_branch, agent_id,
        setup_commands, environment, sealed_environment, environment_key_id, profile_id, profile_name,
        auto_initiate, permissions, initiated_at
      ) values (
        ${sessionId}, ${viewer.teamId}, ${viewer.userId}, 'preparing', ${titleOf(start.prompt)},
        'prompt', ${checked.repository.url}, ${checked.branch}, ${checked.agentId},
        ${JSON.stringify(checked.setupCommands)}::text::jsonb, '{}', ${environment?.sealed ?? null},
        ${environment?.keyId ?? null}, ${profile?.id ?? null}, ${profile?.name ?? null}, ${start.autoInitiate},
        ${start.permissions}, case when ${start.autoInitiate} then now() end
      )
      returning id, generation
    ), preparation as (
      insert into preparations (session_id, generation, attempt, revision, status, steps)
      select id, generation, 0, 0, 'waiting', ${JSON.stringify(pendingSteps())}::text::jsonb from session
    ), job as (
      ${jobInsert}
    )${line ? named : sql``}${start.attachmentIds.length > 0 ? files : sql``}
    insert into prompts (session_id, generation, message_id, owner_id, text, request_hash, status)
    select id, generation, ${start.messageId}, ${viewer.userId}, ${start.prompt},
      ${start.requestHash}, 'accepted'
    from session`;
}

/** The prompt's first line that says something. */
export function titleOf(prompt: string): string {
  const line = prompt.split(/\r?\n/).find(hasVisibleText) ?? "";
  const text = line.replace(/\s+/g, " ").trim();
  return text.length <= TITLE_MAX_CHARACTERS
    ? text
    : `${text.slice(0, TITLE_MAX_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function hashRequest(
  checked: CheckedPlan,
  { prompt, autoInitiate, permissions, attachments = [], profile }: NewSession,
): string {
  const environment = Object.entries(checked.environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const request = [
    prompt,
    checked.repository.url,
    checked.branch,
    checked.agentId,
    checked.setupCommands,
    environment,
    autoInitiate,
    ...attachments,
    ...(permissions === "ask" ? [{ permissions }] : []),
    ...(profile === undefined ? [] : [{ profile }]),
  ];
  return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}

async function findStarted(
  { database }: Needs,
  { viewer, messageId, requestHash }: Start,
): Promise<{ sessionId: string }> {
  const [prompt] = await database.sql<{ sessionId: string; same: boolean }[]>`
    select session_id as "sessionId", request_hash = ${requestHash} as same
    from prompts where owner_id = ${viewer.userId} and message_id = ${messageId}`;
  if (!prompt?.same) {
    throw new AppError("conflict", "This message id was used for another request", {
      details: { field: "messageId", messageId },
    });
  }
  return { sessionId: prompt.sessionId };
}
