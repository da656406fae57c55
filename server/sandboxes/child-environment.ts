import { join } from "node:path";
import type { SpawnRequest } from "./sandbox.ts";

/** Marks a child and all that it starts, so that those which leave its process group are found as well. */
export const PROCESS_MARKER = "MILLRACE_PROCESS";

const INHERITED = /^(?:PATH|LANG|LC_[A-Z]+|TZ)$/;

/**
 * The whole environment of a child: a few harmless variables of ours by name, what the request adds, and a private
 * home. Names are allowed, never forbidden, so a new secret of the server cannot leak by being forgotten here.
 */
export function childEnvironment(
  request: Pick<SpawnRequest, "environment" | "homePath">,
  processMarker: string,
): Record<string, string> {
  const { environment, homePath } = request;
  return {
    ...inheritedVariables(),
    TERM: "dumb",
    ...environment,
    HOME: homePath,
    XDG_CONFIG_HOME: join(homePath, ".config"),
    XDG_CACHE_HOME: join(homePath, ".cache"),
    XDG_DATA_HOME: join(homePath, ".local/share"),
    XDG_STATE_HOME: join(homePath, ".local/state"),
    [PROCESS_MARKER]: processMarker,
  };
}

/** Not configuration of ours but of the machine, so it is read here and not in `server/env.ts`. */
function inheritedVariables(): Record<string, string> {
  const variables: Record<string, string> = {};
  // oxlint-disable-next-line node/no-process-env
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && INHERITED.test(name)) variables[name] = value;
  }
  return variables;
}
