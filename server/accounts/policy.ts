import { and, eq, isNull } from "drizzle-orm";
import { AppError } from "#lib/errors.ts";
import { isSessionId } from "#lib/ids.ts";
import { sessions } from "#drizzle/schema/sessions.ts";
import type { Database } from "#server/database/database.ts";
import type { Viewer } from "./viewer.ts";

export type SessionAction = "read" | "write";

/** What may be asked of a session before anything is read of it. */
export interface SessionAccess {
  sessionId: string;
  generation: number;
  teamId: string;
}

const actionsByRole: Record<Viewer["role"], readonly SessionAction[]> = {
  owner: ["read", "write"],
  member: ["read", "write"],
  reader: ["read"],
};

/**
 * The one gate to a session: every procedure, route and socket passes it. Unknown, deleted and foreign ids are the
 * same `not_found`; `forbidden` only for what a reader of the team may see but not change.
 */
export async function requireSession(
  { db }: Database,
  viewer: Viewer,
  { sessionId, action }: { sessionId: string; action: SessionAction },
): Promise<SessionAccess> {
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

/** Throws `forbidden` unless the viewer's role in that team allows the action, `not_found` for another team. */
export function requireTeamAction(
  viewer: Viewer,
  { teamId, action }: { teamId: string; action: SessionAction },
): void {
  if (viewer.teamId !== teamId) throw new AppError("not_found", "There is no such team");
  if (!actionsByRole[viewer.role].includes(action)) {
    throw new AppError("forbidden", "Readers of a team cannot change its sessions");
  }
}
