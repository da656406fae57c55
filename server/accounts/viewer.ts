import { and, eq, gt, sql } from "drizzle-orm";
import type { ApiScope } from "#lib/api-scope.ts";
import { logins, memberships } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
import type { Environment } from "#server/env.ts";
import type { Services } from "#server/services.ts";
import { isLoginSecure, readLoginCookie } from "./login-cookie.ts";
import { findRemembered } from "./remembered-viewers.ts";
import { hashSecretToken } from "./secret-token.ts";

/** Who asks, on behalf of which team. */
export interface Viewer {
  userId: string;
  teamId: string;
  role: "owner" | "member" | "reader";
  /** All that a program may do for the person; null for the person, who may do whatever the role allows. */
  scopes: readonly ApiScope[] | null;
}

/** Where the server is reached decides which cookie counts. */
export interface LoginSettings {
  environment: Pick<Environment, "PUBLIC_URL">;
}

/** Whoever the request's cookie signs in, as of the last second; null for nobody. */
export async function findViewer(
  { database, environment }: Pick<Services, "database"> & LoginSettings,
  cookieHeader: string | undefined,
): Promise<Viewer | null> {
  const token = readLoginCookie(cookieHeader, { secure: isLoginSecure(environment) });
  if (token === null) return null;
  const secretHash = hashSecretToken(token);
  return findRemembered(database, { kind: "login", secretHash }, () =>
    readViewer(database, secretHash),
  );
}

async function readViewer({ db }: Database, tokenHash: string): Promise<Viewer | null> {
  const [viewer] = await db
    .select({ userId: logins.userId, teamId: logins.teamId, role: memberships.role })
    .from(logins)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, logins.userId), eq(memberships.teamId, logins.teamId)),
    )
    .where(and(eq(logins.tokenHash, tokenHash), gt(logins.expiresAt, sql`now()`)));
  return viewer ? { ...viewer, scopes: null } : null;
}
