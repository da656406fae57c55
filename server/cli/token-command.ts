import { newApiToken } from "#server/accounts/api-tokens.ts";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { TokenCommand } from "./read-arguments.ts";
import type { Terminal } from "./terminal.ts";
import { useLocalDatabase } from "./use-local-database.ts";

/** Makes an API token for the owner of this machine's server, running or not, and prints its secret, once. */
export async function runToken(
  { tokenName, scopes, expiresInDays }: TokenCommand,
  { terminal }: { terminal: Terminal },
): Promise<ExitCode> {
  const token = newApiToken.safeParse({ name: tokenName, scopes, expiresInDays });
  if (!token.success)
    throw new CommandError(exitCodes.usage, token.error.issues[0]?.message ?? "malformed");
  const { secret } = await useLocalDatabase((database) => createLocalToken(database, token.data));
  terminal.print(secret);
  terminal.note("Keep it: it is not shown again.");
  return exitCodes.complete;
}
