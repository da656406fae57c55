import { memberships, teams, users } from "#drizzle/schema/accounts.ts";
import type { Database } from "#server/database/database.ts";

/** The one owner of a server in local mode. */
export const localOwner = { userId: "usr_local", teamId: "team_local" } as const;

/** Makes the owner and the team of local mode; safe to run again. */
export async function ensureLocalOwner({ db }: Database): Promise<void> {
  const { userId, teamId } = localOwner;
  await db.transaction(async (tx) => {
    await tx.insert(users).values({ id: userId, name: "Owner" }).onConflictDoNothing();
    await tx.insert(teams).values({ id: teamId, name: "Local" }).onConflictDoNothing();
    await tx.insert(memberships).values({ userId, teamId, role: "owner" }).onConflictDoNothing();
  });
}
