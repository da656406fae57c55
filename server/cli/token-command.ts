import { newApiToken } from "#server/accounts/api-tokens.ts";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { openApplicationDatabase } from "#server/database/open-application-database.ts";
import { loadEnvironmentFile, readEnvironment } from "#server/env.ts";
import { log } from "#server/log.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { TokenCommand } from "./read-arguments.ts";
import type { Terminal } from "./terminal.ts";

/** Makes an API token for the owner of this machine's server, running or not, and prints its secret, once. */
export async function runToken(
  { tokenName, scopes, expiresInDays }: TokenCommand,
  { terminal }: { terminal: Terminal },
): Promise<ExitCode> {
  const token = newApiToken.safeParse({ name: tokenName, scopes, expiresInDays });
  if (!token.success)
    throw new CommandError(exitCodes.usage, token.error.issues[0]?.message ?? "malformed");
  log.level = "warn";
  loadEnvironmentFile();
  const { DATABASE_URL, DATA_DIR } = readEnvironment();
  const { database, close } = await openApplicationDatabase({
    databaseUrl: DATABASE_URL ?? null,
    dataDir: DATA_DIR,
    log,
    maxConnections: 1,
  });
  try {
    const { secret } = await createLocalToken(database, token.data);
    terminal.print(secret);
    terminal.note("Keep it: it is not shown again.");
    return exitCodes.complete;
  } finally {
    await close();
  }
}
