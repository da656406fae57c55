import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { sessionId, sessionTitle } from "./new-session.ts";

type Needs = Pick<Services, "database" | "bus">;

/** What a session is called before its items say. */
const UNTITLED = "Session without a title";
const EXTERNAL_ID_MAX_CHARACTERS = 256;

export const externalName = z
  .string()
  .min(1)
  .max(EXTERNAL_ID_MAX_CHARACTERS)
  .refine((text) => !/[\0\p{Surrogate}]/u.test(text), { message: "The text is malformed" });

/** A session for items that come from elsewhere. */
export const broughtSession = z.strictObject({
  /** Made by the client, in our own pattern; by the server when left out. */
  sessionId: sessionId.optional(),
  /** Stays, whatever the items say. */
  title: sessionTitle.optional(),
  /** Until the items say another one: the name of the file, for example. */
  suggestedTitle: sessionTitle.optional(),
  /** Where it comes from: `claude`, `codex`, … */
  source: externalName.optional(),
  /** Its id there: a second import of the same one finds the same session. */
  externalId: externalName.optional(),
});

export type BroughtSession = z.infer<typeof broughtSession>;

export interface CreatedSession {
  sessionId: string;
  generation: number;
  /** False when it was there already, and is the caller's. */
  isNew: boolean;
}

/**
 * Makes a session without workspace, or finds the one with that id or external id. A tombstone begins its next
 * generation, unless another session lives that has the external id. An id that another team has is left alone: the
 * session gets one of its own where there is an external id to find it by, else `not_found` is thrown. Throws `conflict` when somebody else changes that session this very moment. Safe to run again, and by many at once.
 */
export async function createSession(
  services: Needs,
  viewer: Viewer,
  brought: BroughtSession,
): Promise<CreatedSession> {
  return transact(services, (tx) => openBroughtSession(tx, viewer, brought));
}

/** `createSession` as part of a transaction, which must be one of `transact` and locks the session until it ends. */
export async function openBroughtSession(
  tx: TransactionSql,
  viewer: Viewer,
  brought: BroughtSession,
): Promise<CreatedSession> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "ingest" });
  const known = await findOwnOrInsert(tx, viewer, brought);
  const created = known.isDeleted ? await reviveSession(tx, viewer, { known, brought }) : known;
  const { sessionId: id, generation, isNew } = created;
  if (isNew) announce(tx, { kind: "state", sessionId: id, teamId: viewer.teamId });
  else await keepForFinder(tx, id);
  return { sessionId: id, generation, isNew };
}

/** Two count on the session now: an upload that made it, or is about to, does not take it back when nothing comes of it. */
async function keepForFinder(tx: TransactionSql, id: string): Promise<void> {
  await tx`update sessions set counter = counter + 1 where id = ${id}`;
  await tx`update uploads set made_session = false where session_id = ${id} and made_session`;
}

/**
 * The session that a push is for: made for the caller when nobody has that id yet, and called like the file until its
 * items say more. It is locked until `tx`, which must be one of `transact`, ends. Throws `gone` for a tombstone,
 * `not_found` for another team's and for ids that are not of our own pattern, `conflict` when somebody else changes that
 * session this very moment.
 */
export async function openSessionForPush(
  tx: TransactionSql,
  viewer: Viewer,
  { sessionId: id, fileName }: { sessionId: string; fileName: string | null },
): Promise<CreatedSession> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "ingest" });
  if (!sessionId.safeParse(id).success) throw unknownSession();
  const { teamId, isDeleted, ...session } = await findOrInsert(tx, viewer, {
    sessionId: id,
    ...(fileName !== null && { suggestedTitle: fileName.slice(0, TITLE_MAX_CHARACTERS) }),
  });
  if (teamId !== viewer.teamId) throw unknownSession();
  if (isDeleted) {
    throw new AppError("gone", "The session was deleted; create it again to push to it", {
      details: { sessionId: id },
    });
  }
  if (session.isNew) announce(tx, { kind: "state", sessionId: id, teamId });
  return session;
}

const unknownSession = () =>
  new AppError("not_found", "There is no such session", { details: { field: "sessionId" } });

async function findOwnOrInsert(
  tx: TransactionSql,
  viewer: Viewer,
  brought: BroughtSession,
): Promise<KnownSession> {
  const known = await findOrInsert(tx, viewer, brought);
  if (known.teamId === viewer.teamId) return known;
  if (brought.externalId === undefined) throw unknownSession();
  return findOrInsert(tx, viewer, { ...brought, sessionId: undefined });
}

interface KnownSession extends CreatedSession {
  teamId: string;
  isDeleted: boolean;
}

/** A session that was in the way and is removed while we wait for it leaves its id free: once more, then. */
async function findOrInsert(
  tx: TransactionSql,
  viewer: Viewer,
  brought: BroughtSession,
): Promise<KnownSession> {
  const named = { ...brought, sessionId: brought.sessionId ?? createSessionId() };
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const known =
      (await insertSession(tx, viewer, named)) ?? (await findSession(tx, viewer, named));
    if (known) return known;
  }
  throw new AppError("conflict", "The session was removed this very moment, try again");
}

type NamedSession = BroughtSession & { sessionId: string };

/** Null when its id, or its external id, is taken. */
async function insertSession(
  tx: TransactionSql,
  viewer: Viewer,
  brought: NamedSession,
): Promise<KnownSession | null> {
  const { sessionId: id, source = "import", externalId = null } = brought;
  const [inserted] = await tx<{ generation: number }[]>`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, source, external_id,
      setup_commands, environment
    ) values (
      ${id}, ${viewer.teamId}, ${viewer.userId}, 'idle', ${brought.title ?? brought.suggestedTitle ?? UNTITLED},
      ${titleSourceOf(brought)}, ${source}, ${externalId}, '[]', '{}'
    )
    on conflict do nothing
    returning generation`;
  if (!inserted) return null;
  const { generation } = inserted;
  return { sessionId: id, generation, isNew: true, teamId: viewer.teamId, isDeleted: false };
}

/**
 * A session that lives comes before a deleted one. Of two that live the id decides; of two deleted ones the external
 * id, which only its own session can come back with. Null when what was found is removed while we wait for it.
 */
async function findSession(
  tx: TransactionSql,
  viewer: Viewer,
  brought: NamedSession,
): Promise<KnownSession | null> {
  const { sessionId: id, source = "import", externalId = null } = brought;
  const [known] = await tx<Omit<KnownSession, "isNew">[]>`
    select id as "sessionId", generation, team_id as "teamId", deleted_at is not null as "isDeleted"
    from sessions
    where id = ${id}
      or (team_id = ${viewer.teamId} and source = ${source} and external_id = ${externalId})
    order by deleted_at is not null, (id = ${id}) = (deleted_at is null) desc limit 1 for update`;
  return known ? { ...known, isNew: false } : null;
}

/** Positions go on counting: a cursor of the past can be told from one of today by its generation. */
async function reviveSession(
  tx: TransactionSql,
  viewer: Viewer,
  { known, brought }: { known: KnownSession; brought: BroughtSession },
): Promise<CreatedSession> {
  const [revived] = await tx<{ generation: number }[]>`
    update sessions set
      generation = generation + 1, deleted_at = null, owner_id = ${viewer.userId}, status = 'idle',
      title = ${brought.title ?? brought.suggestedTitle ?? UNTITLED}, title_source = ${titleSourceOf(brought)},
      source = ${brought.source ?? "import"}, external_id = ${brought.externalId ?? null},
      repository = null, agent_id = null, agent_version = null, model = null, parent_id = null,
      git_origin = null, git_branch = null, cost_usd = null, tokens = null, skipped_item_count = 0,
      last_seq = 0, ready_at = null, initiated_at = null, turn_started_at = null,
      turn_ended_at = null, status_message = null, revision = revision + 1,
      created_at = now(), updated_at = now()
    where id = ${known.sessionId}
    returning generation`.catch(failTakenExternalId);
  return { sessionId: known.sessionId, generation: revised(revived), isNew: true };
}

/** Whoever took it had not committed when it was looked for. */
function failTakenExternalId(cause: unknown): never {
  if (!isUniqueViolation(cause, "sessions_external_id")) throw cause;
  const message = "Another session took the external id this very moment, try again";
  throw new AppError("conflict", message, { details: { field: "externalId" }, cause });
}

function revised(row: { generation: number } | undefined): number {
  if (!row) throw new AppError("internal", "A locked session is gone");
  return row.generation;
}

/** A title that somebody gave stays; ours gives way to what the items say. */
const titleSourceOf = ({ title }: BroughtSession) => (title === undefined ? "prompt" : "person");
