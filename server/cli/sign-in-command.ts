import { ensureLocalOwner, localOwner } from "#server/accounts/local-owner.ts";
import { createSignInLink } from "#server/accounts/sign-in.ts";
import { signInAddress } from "#server/accounts/sign-in-address.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { useLocalDatabase } from "./use-local-database.ts";

/** Prints an address that signs the owner of this machine's server in once, as the server does when it starts. */
export function runSignIn({ terminal }: { terminal: Terminal }): Promise<ExitCode> {
  return useLocalDatabase(async (database, environment) => {
    const { PORT: port, PUBLIC_URL } = environment;
    if (port === 0 && PUBLIC_URL === undefined)
      throw new CommandError(exitCodes.usage, "PORT is 0: set it to the port of the server");
    await ensureLocalOwner(database);
    const token = await createSignInLink(database, localOwner.userId);
    terminal.print(signInAddress(environment, { port, token }));
    terminal.note("It signs one browser in, once, within a day.");
    return exitCodes.complete;
  });
}
