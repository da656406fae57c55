import { EnvironmentError, type Environment } from "#server/env.ts";
import { log } from "#server/log.ts";
import { createBubblewrapDriver, findGaps } from "./bubblewrap/bubblewrap-driver.ts";
import { removeRemains } from "./bubblewrap/remains.ts";
import { findBubblewrap } from "./bubblewrap/find-bubblewrap.ts";
import { tryBubblewrap } from "./bubblewrap/try-bubblewrap.ts";
import { createProcessDriver } from "./process-driver.ts";
import type { SandboxDriver } from "./sandbox.ts";

/**
 * The driver that `SANDBOX` names; for `auto` the one that isolates, if a command runs in it here. Throws
 * `EnvironmentError` when this machine cannot give what was asked for.
 */
export async function chooseDriver({
  SANDBOX,
  PATH,
}: Pick<Environment, "SANDBOX" | "PATH">): Promise<SandboxDriver> {
  if (SANDBOX === "process") return createProcessDriver();
  const trouble = await findBubblewrap(PATH);
  if (trouble === null) {
    await removeRemains();
    const driver = createBubblewrapDriver({ path: PATH, gaps: await findGaps() });
    const failure = await tryBubblewrap(driver);
    if (failure === null) return driver;
    return withoutIsolation(SANDBOX, `bubblewrap does not work on this machine: ${failure}`);
  }
  return withoutIsolation(SANDBOX, trouble);
}

function withoutIsolation(asked: "auto" | "bubblewrap", trouble: string): SandboxDriver {
  if (asked === "bubblewrap") throw new EnvironmentError(`SANDBOX: ${trouble}`);
  log.info({ trouble }, "sessions run without a sandbox");
  return createProcessDriver();
}
