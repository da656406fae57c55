import { EnvironmentError, type Environment } from "#server/env.ts";
import { createBubblewrapDriver, findGaps } from "./bubblewrap/bubblewrap-driver.ts";
import { removeRemains } from "./bubblewrap/remains.ts";
import { findBubblewrap } from "./bubblewrap/find-bubblewrap.ts";
import { createProcessDriver } from "./process-driver.ts";
import type { SandboxDriver } from "./sandbox.ts";

/** The driver that `SANDBOX` names. Throws `EnvironmentError` when this machine cannot give what was asked for. */
export async function chooseDriver({
  SANDBOX,
  PATH,
}: Pick<Environment, "SANDBOX" | "PATH">): Promise<SandboxDriver> {
  if (SANDBOX === "process") return createProcessDriver();
  const trouble = await findBubblewrap(PATH);
  if (trouble === null) {
    await removeRemains();
    return createBubblewrapDriver({ path: PATH, gaps: await findGaps() });
  }
  if (SANDBOX === "auto") return createProcessDriver();
  throw new EnvironmentError(`SANDBOX: ${trouble}`);
}
