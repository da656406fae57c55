import { EnvironmentError, type Environment } from "#server/env.ts";
import { log } from "#server/log.ts";
import { createBubblewrapDriver, findGaps } from "./bubblewrap/bubblewrap-driver.ts";
import { removeRemains } from "./bubblewrap/remains.ts";
import { findBubblewrap } from "./bubblewrap/find-bubblewrap.ts";
import { findDocker } from "./docker/find-docker.ts";
import { createProcessDriver } from "./process-driver.ts";
import type { SandboxDriver } from "./sandbox.ts";
import { tryDriver } from "./try-driver.ts";

type Needs = Pick<
  Environment,
  "SANDBOX" | "SANDBOX_DOCKER_IMAGE" | "SANDBOX_DOCKER_SOCKET" | "SESSION_PROCESSORS_MAX" | "PATH"
>;

/**
 * The driver that `SANDBOX` names; for `auto` the one that isolates, if a command runs in it here. Throws
 * `EnvironmentError` when this machine cannot give what was asked for.
 */
export async function chooseDriver(environment: Needs): Promise<SandboxDriver> {
  const { SANDBOX: asked } = environment;
  const processorCount = environment.SESSION_PROCESSORS_MAX || null;
  if (asked === "process") return createProcessDriver({ processorCount });
  await removeRemains();
  const driver = await findIsolation(environment);
  if (typeof driver !== "string") return driver;
  if (asked !== "auto") throw new EnvironmentError(`SANDBOX: ${driver}`);
  log.info({ trouble: driver }, "sessions run without a sandbox");
  return createProcessDriver({ processorCount });
}

/** A driver that has isolated a command on trial, or why there is none. */
async function findIsolation(environment: Needs): Promise<SandboxDriver | string> {
  const { SANDBOX: asked } = environment;
  const processorCount = environment.SESSION_PROCESSORS_MAX || null;
  const found =
    asked === "docker"
      ? await findDocker({
          socketPath: environment.SANDBOX_DOCKER_SOCKET,
          image: environment.SANDBOX_DOCKER_IMAGE ?? "",
          processorCount,
        })
      : await openBubblewrap(environment.PATH, processorCount);
  if (typeof found === "string") return found;
  const failure = await tryDriver(found);
  return failure === null ? found : `${found.name} does not work on this machine: ${failure}`;
}

async function openBubblewrap(
  path: string,
  processorCount: number | null,
): Promise<SandboxDriver | string> {
  const trouble = await findBubblewrap(path);
  if (trouble !== null) return trouble;
  return createBubblewrapDriver({ path, gaps: await findGaps({ processorCount }) });
}
