import type { Database } from "#server/database/database.ts";
import { createApiToken, type NewApiToken } from "./api-tokens.ts";
import { ensureLocalOwner, localOwner } from "./local-owner.ts";

/**
 * A token of local mode's owner, for a process on the same machine: whoever can open the database may make one. Works
 * before the server has ever run, once the database is migrated.
 */
export async function createLocalToken(
  database: Database,
  token: NewApiToken,
): Promise<{ tokenId: string; secret: string }> {
  await ensureLocalOwner(database);
  return createApiToken(database, localOwner, token);
}
