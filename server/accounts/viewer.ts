import { and, eq, gt, sql } from "drizzle-orm";
import { logins, memberships } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
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

/** How long a login that ended may still be taken for good. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;

interface RememberedViewer {
  viewer: Viewer;
  untilMs: number;
}

/** By database and hash of the token; a page's requests come in bursts, and each would ask the same. */
const remembered = new WeakMap<Database, Map<string, RememberedViewer>>();

/** Whoever the request's cookie signs in, as of the last second; null for nobody. */
export async function findViewer(
  { database, environment }: Pick<Services, "database"> & LoginSettings,
  cookieHeader: string | undefined,
): Promise<Viewer | null> {
  const token = readLoginCookie(cookieHeader, { secure: isLoginSecure(environment) });
  if (token === null) return null;
  const tokenHash = hashSecretToken(token);
  const known = remembered.get(database)?.get(tokenHash);
  if (known && known.untilMs > performance.now()) return known.viewer;
  const viewer = await readViewer(database, tokenHash);
  if (viewer) remember(database, tokenHash, viewer);
  return viewer;
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
  return viewer ?? null;
}

function remember(database: Database, tokenHash: string, viewer: Viewer): void {
  let viewers = remembered.get(database);
  // Starting over is cheap, and keeps a flood of logins from filling the memory.
  if (!viewers || viewers.size >= REMEMBERED_MAX) remembered.set(database, (viewers = new Map()));
  viewers.set(tokenHash, { viewer, untilMs: performance.now() + REMEMBERED_MS });
}
