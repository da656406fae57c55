import { and, eq, sql } from "drizzle-orm";
import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "#lib/errors.ts";
import { apiTokens, memberships } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { isApiTokenSecret } from "./api-token-secret.ts";
import { findRemembered } from "./remembered-viewers.ts";
import { hashSecretToken } from "./secret-token.ts";
import { findViewer, type LoginSettings, type Viewer } from "./viewer.ts";

const problems = {
  malformed: "This is not an API token, which begins with mrt_; was all of it copied?",
  unknown: "This API token is not known here",
  expired: "This API token has expired",
  revoked: "This API token was revoked",
} as const;

/**
 * Whoever asks for something below `/api/v1`, as of the last second: the program whose API token the request bears
 * (RFC 6750, section 2.1), else whoever its cookie signs in; null for nobody. Throws `unauthorized` for a token that
 * is not good, whatever the cookie says.
 */
export async function findCaller(
  services: Pick<Services, "database" | "log"> & LoginSettings,
  headers: IncomingHttpHeaders,
): Promise<Viewer | null> {
  const token = findBearerToken(headers);
  if (token === null) return findViewer(services, headers.cookie);
  if (!isApiTokenSecret(token)) throw refusal("malformed");
  const secretHash = hashSecretToken(token);
  return findRemembered(services.database, { kind: "api-token", secretHash }, () =>
    readProgram(services, secretHash),
  );
}

/** What follows `Bearer` in the request's `Authorization`; null without one. Other schemes are somebody else's. */
export function findBearerToken({ authorization }: IncomingHttpHeaders): string | null {
  const match = /^bearer(?: +(.*))?$/i.exec(authorization ?? "");
  return match && (match[1] ?? "");
}

async function readProgram(
  { database, log }: Pick<Services, "database" | "log">,
  tokenHash: string,
): Promise<Viewer> {
  const [token] = await database.db
    .select({
      tokenId: apiTokens.id,
      viewer: {
        userId: apiTokens.userId,
        teamId: apiTokens.teamId,
        role: memberships.role,
        scopes: apiTokens.scopes,
      },
      isRevoked: sql<boolean>`${apiTokens.revokedAt} is not null`,
      isExpired: sql<boolean>`coalesce(${apiTokens.expiresAt} <= now(), false)`,
      isUseNoted: sql<boolean>`coalesce(${apiTokens.lastUsedAt} > now() - interval '1 minute', false)`,
    })
    .from(apiTokens)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, apiTokens.userId), eq(memberships.teamId, apiTokens.teamId)),
    )
    .where(eq(apiTokens.tokenHash, tokenHash));
  if (!token) throw refusal("unknown");
  if (token.isRevoked) throw refusal("revoked");
  if (token.isExpired) throw refusal("expired");
  if (!token.isUseNoted) {
    // The request does not wait for it.
    noteUse(database, token.tokenId).catch((error: unknown) => {
      log.warn({ err: error, tokenId: token.tokenId }, "the use of a token was not noted");
    });
  }
  return token.viewer;
}

/** Once a minute, however many processes the token is used at. */
async function noteUse({ db }: Database, tokenId: string): Promise<void> {
  await db
    .update(apiTokens)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(apiTokens.id, tokenId),
        sql`coalesce(${apiTokens.lastUsedAt} <= now() - interval '1 minute', true)`,
      ),
    );
}

const refusal = (token: keyof typeof problems) =>
  new AppError("unauthorized", problems[token], { details: { token } });
