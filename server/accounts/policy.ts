import { and, eq, isNull } from "drizzle-orm";
import type { ApiScope } from "#lib/api-scope.ts";
import { AppError } from "#lib/errors.ts";
import { isSessionId } from "#lib/ids.ts";
import { sessions } from "#drizzle/schema/sessions.ts";
import type { Database } from "#server/database/database.ts";
import type { Viewer } from "./viewer.ts";

/**
 * `ingest` brings items into a session, or asks how that went; it shows nothing of what is there. `share` lets others
 * read it by a link.
 */
export type SessionAction = "read" | "write" | "ingest" | "share";

/** What may be asked of a session before anything is read of it. */
export interface SessionAccess {
  sessionId: string;
  generation: number;
  teamId: string;
}

const actionsByRole: Record<Viewer["role"], readonly SessionAction[]> = {
  owner: ["read", "write", "ingest", "share"],
  member: ["read", "write", "ingest", "share"],
  reader: ["read"],
};

/** What an API token needs for it. */
const scopeByAction: Record<SessionAction, ApiScope> = {
  read: "read",
  write: "start",
  ingest: "ingest",
  share: "share",
};

/**
 * The one gate to a session: every procedure, route and socket passes it. Unknown, deleted and foreign ids are the
 * same `not_found`; `forbidden` for what a reader of the team may see but not change, and before anything is looked up
 * for a token without the scope, so that it cannot learn which sessions there are.
 */
export async function requireSession(
  { db }: Database,
  viewer: Viewer,
  { sessionId, action }: { sessionId: string; action: SessionAction },
): Promise<SessionAccess> {
  requireScopeFor(viewer, action);
  const [session] = isSessionId(sessionId)
    ? await db
        .select({
          sessionId: sessions.id,
          generation: sessions.generation,
          teamId: sessions.teamId,
        })
        .from(sessions)
        .where(
          and(
            eq(sessions.id, sessionId),
            eq(sessions.teamId, viewer.teamId),
            isNull(sessions.deletedAt),
          ),
        )
    : [];
  if (!session) {
    throw new AppError("not_found", "There is no such session", {
      details: { field: "sessionId" },
    });
  }
  requireTeamAction(viewer, { teamId: session.teamId, action });
  return session;
}

/**
 * Throws `forbidden` unless the viewer's scopes and role in that team allow the action, `not_found` for another team.
 */
export function requireTeamAction(
  viewer: Viewer,
  { teamId, action }: { teamId: string; action: SessionAction },
): void {
  requireScopeFor(viewer, action);
  if (viewer.teamId !== teamId) throw new AppError("not_found", "There is no such team");
  if (!actionsByRole[viewer.role].includes(action)) {
    throw new AppError("forbidden", "Readers of a team cannot change its sessions");
  }
}

/** Throws `forbidden` for a token without the scope: asked before anything is looked up, or made of the request. */
export function requireScopeFor({ scopes }: Viewer, action: SessionAction): void {
  const scope = scopeByAction[action];
  if (scopes === null || scopes.includes(scope)) return;
  throw new AppError("forbidden", `This API token lacks the scope "${scope}"`, {
    details: { scope },
  });
}

/** Throws `forbidden` for a program: pages are for people, and so is what is said of accounts. */
export function requirePerson({ scopes }: Viewer): void {
  if (scopes !== null)
    throw new AppError("forbidden", "API tokens cannot do this; sign in instead");
}
