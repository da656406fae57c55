import { and, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { apiScopes } from "#lib/api-scope.ts";
import { AppError } from "#lib/errors.ts";
import { createTokenId } from "#lib/ids.ts";
import { API_TOKEN_DAYS_MAX, API_TOKEN_NAME_MAX_CHARACTERS, API_TOKENS_MAX } from "#lib/limits.ts";
import { apiTokens } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
import { createApiTokenSecret } from "./api-token-secret.ts";
import { forgetViewer } from "./remembered-viewers.ts";
import { hashSecretToken } from "./secret-token.ts";

/** Ended tokens that are still listed, newest first. */
const ENDED_SHOWN_MAX = 50;

/** Whose tokens. */
export interface TokenOwner {
  userId: string;
  teamId: string;
}

/** What a person says of a new token. */
export const newApiToken = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, "Give the token a name")
    .max(API_TOKEN_NAME_MAX_CHARACTERS, `At most ${API_TOKEN_NAME_MAX_CHARACTERS} characters fit`)
    .regex(/^\P{C}*$/u, "A name is one line of text"),
  scopes: z
    .array(z.enum(apiScopes))
    .min(1, "Choose at least one")
    .transform((chosen) => apiScopes.filter((scope) => chosen.includes(scope))),
  /** Null: until revoked. */
  expiresInDays: z.number().int().min(1).max(API_TOKEN_DAYS_MAX).nullable(),
});

export type NewApiToken = z.infer<typeof newApiToken>;

/** A new token. Nobody can read `secret` again: only its SHA-256 is stored. Throws `conflict` when there are too many. */
export async function createApiToken(
  { db }: Database,
  { userId, teamId }: TokenOwner,
  { name, scopes, expiresInDays }: NewApiToken,
): Promise<{ tokenId: string; secret: string }> {
  const secret = createApiTokenSecret();
  const tokenId = createTokenId();
  const tokenHash = hashSecretToken(secret);
  const expiresAt =
    expiresInDays === null ? null : sql`now() + make_interval(days => ${expiresInDays}::int)`;
  const liveCount = await db.$count(
    apiTokens,
    and(eq(apiTokens.userId, userId), eq(apiTokens.teamId, teamId), isLive),
  );
  if (liveCount >= API_TOKENS_MAX) {
    throw new AppError("conflict", `There are ${API_TOKENS_MAX} tokens already; revoke one first`);
  }
  await db
    .insert(apiTokens)
    .values({ id: tokenId, userId, teamId, name, tokenHash, scopes, expiresAt });
  return { tokenId, secret };
}

const isLive = sql<boolean>`(${apiTokens.revokedAt} is null and coalesce(${apiTokens.expiresAt} > now(), true))`;

/** Those that are good, newest first, then the newest that ended; never a secret. Moments are ISO 8601. */
export async function listApiTokens({ db }: Database, { userId, teamId }: TokenOwner) {
  const rows = await db
    .select({
      tokenId: apiTokens.id,
      name: apiTokens.name,
      scopes: apiTokens.scopes,
      createdAt: apiTokens.createdAt,
      expiresAt: apiTokens.expiresAt,
      lastUsedAt: apiTokens.lastUsedAt,
      revokedAt: apiTokens.revokedAt,
      isLive,
    })
    .from(apiTokens)
    .where(and(eq(apiTokens.userId, userId), eq(apiTokens.teamId, teamId)))
    .orderBy(desc(isLive), desc(apiTokens.id))
    .limit(API_TOKENS_MAX + ENDED_SHOWN_MAX);
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }));
}

/** Ends a token: in this process at once, in others within a second. Safe to run again; throws `not_found`. */
export async function revokeApiToken(
  database: Database,
  { userId, teamId }: TokenOwner,
  tokenId: string,
): Promise<void> {
  const [token] = await database.db
    .update(apiTokens)
    .set({ revokedAt: sql`coalesce(${apiTokens.revokedAt}, now())` })
    .where(
      and(eq(apiTokens.id, tokenId), eq(apiTokens.userId, userId), eq(apiTokens.teamId, teamId)),
    )
    .returning({ tokenHash: apiTokens.tokenHash });
  if (!token) throw new AppError("not_found", "There is no such token");
  forgetViewer(database, { kind: "api-token", secretHash: token.tokenHash });
}
