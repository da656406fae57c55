import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { logins, memberships, signInLinks } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";
import { LOGIN_MAX_AGE_S } from "./login-cookie.ts";
import { forgetViewer } from "./remembered-viewers.ts";
import { createSecretToken, hashSecretToken } from "./secret-token.ts";

const LINK_TTL_HOURS = 24;

/** A token that signs `userId` in once within a day; whoever holds it is that user. */
export async function createSignInLink({ db }: Database, userId: string): Promise<string> {
  const token = createSecretToken();
  await db.delete(signInLinks).where(lt(signInLinks.expiresAt, sql`now()`));
  await db.insert(signInLinks).values({
    tokenHash: hashSecretToken(token),
    userId,
    expiresAt: sql`now() + make_interval(hours => ${LINK_TTL_HOURS})`,
  });
  return token;
}

/** Where a token that `createSignInLink` made signs a browser in, on the server at `origin`. */
export const signInAddress = (origin: string, token: string): string =>
  `${origin}/sign-in?token=${token}`;

/** Trades a sign-in token for a login token, once; null when it is unknown, used or expired. */
export async function redeemSignInLink({ db }: Database, token: string): Promise<string | null> {
  return db.transaction(async (tx) => {
    const [link] = await tx
      .update(signInLinks)
      .set({ usedAt: sql`now()` })
      .where(
        and(
          eq(signInLinks.tokenHash, hashSecretToken(token)),
          isNull(signInLinks.usedAt),
          gt(signInLinks.expiresAt, sql`now()`),
        ),
      )
      .returning({ userId: signInLinks.userId });
    if (!link) return null;
    const [membership] = await tx
      .select({ teamId: memberships.teamId })
      .from(memberships)
      .where(eq(memberships.userId, link.userId))
      .limit(1);
    if (!membership) return null;
    const loginToken = createSecretToken();
    await tx.delete(logins).where(lt(logins.expiresAt, sql`now()`));
    await tx.insert(logins).values({
      tokenHash: hashSecretToken(loginToken),
      userId: link.userId,
      teamId: membership.teamId,
      expiresAt: sql`now() + make_interval(secs => ${LOGIN_MAX_AGE_S})`,
    });
    return loginToken;
  });
}

/** Ends a login by its token: here at once, in other processes within a second. An unknown one has ended already. */
export async function endLogin(database: Database, token: string): Promise<void> {
  const secretHash = hashSecretToken(token);
  await database.db.delete(logins).where(eq(logins.tokenHash, secretHash));
  forgetViewer(database, { kind: "login", secretHash });
}
