import { and, eq, gt, sql } from "drizzle-orm";
import { logins, memberships } from "#drizzle/schema/accounts.ts";
import type { Environment } from "#server/env.ts";
import type { Services } from "#server/services.ts";
import { isLoginSecure, readLoginCookie } from "./login-cookie.ts";
import { hashSecretToken } from "./secret-token.ts";

/** Who asks, on behalf of which team. */
export interface Viewer {
  userId: string;
  teamId: string;
  role: "owner" | "member" | "reader";
}

/** Where the server is reached decides which cookie counts. */
interface LoginSettings {
  environment: Pick<Environment, "PUBLIC_URL">;
}

/** Whoever the request's cookie signs in; null for nobody. */
export async function findViewer(
  { database, environment }: Pick<Services, "database"> & LoginSettings,
  cookieHeader: string | undefined,
): Promise<Viewer | null> {
  const token = readLoginCookie(cookieHeader, { secure: isLoginSecure(environment) });
  if (token === null) return null;
  const [viewer] = await database.db
    .select({ userId: logins.userId, teamId: logins.teamId, role: memberships.role })
    .from(logins)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, logins.userId), eq(memberships.teamId, logins.teamId)),
    )
    .where(and(eq(logins.tokenHash, hashSecretToken(token)), gt(logins.expiresAt, sql`now()`)));
  return viewer ?? null;
}
