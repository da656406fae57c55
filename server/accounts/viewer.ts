import { and, eq, gt, sql } from "drizzle-orm";
import { logins, memberships } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
import { readLoginCookie } from "./login-cookie.ts";
import { hashSecretToken } from "./secret-token.ts";

/** Who asks, on behalf of which team. */
export interface Viewer {
  userId: string;
  teamId: string;
  role: "owner" | "member" | "reader";
}

/** Whoever the request's cookie signs in; null for nobody. */
export async function findViewer(
  { db }: Database,
  cookieHeader: string | undefined,
): Promise<Viewer | null> {
  const token = readLoginCookie(cookieHeader);
  if (token === null) return null;
  const [viewer] = await db
    .select({ userId: logins.userId, teamId: logins.teamId, role: memberships.role })
    .from(logins)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, logins.userId), eq(memberships.teamId, logins.teamId)),
    )
    .where(and(eq(logins.tokenHash, hashSecretToken(token)), gt(logins.expiresAt, sql`now()`)));
  return viewer ?? null;
}
