import { ensureLocalOwner, localOwner } from "#server/accounts/local-owner.ts";
import { findServerOrigin, serverOrigin } from "#server/accounts/server-origin.ts";
import { createSignInLink, signInAddress } from "#server/accounts/sign-in.ts";
import type { Environment } from "#server/env.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { useLocalDatabase } from "./use-local-database.ts";

/** Prints an address that signs the owner of this machine's server in once, as the server does when it starts. */
export function runSignIn({ terminal }: { terminal: Terminal }): Promise<ExitCode> {
  return useLocalDatabase(async (database, environment) => {
    const origin = (await findServerOrigin(environment.DATA_DIR)) ?? plannedOrigin(environment);
    await ensureLocalOwner(database);
    const token = await createSignInLink(database, localOwner.userId);
    terminal.print(signInAddress(origin, token));
    terminal.note("It signs one browser in, once, within a day.");
    return exitCodes.complete;
  });
}

/** Of a server that does not run, by the settings that it will start with. */
function plannedOrigin(environment: Environment): string {
  if (environment.PORT === 0 && environment.PUBLIC_URL === undefined)
    throw new CommandError(exitCodes.usage, "PORT is 0: set it to the port of the server");
  return serverOrigin(environment, environment.PORT);
}
