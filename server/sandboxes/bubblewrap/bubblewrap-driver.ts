import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "#lib/errors.ts";
import { openEgressProxy } from "#server/egress/open-egress-proxy.ts";
import { createClosingStack } from "#server/closing-stack.ts";
import { findProgram } from "../find-program.ts";
import { memoryTrouble } from "../memory-trouble.ts";
import { makeOwnFolder } from "../own-folder.ts";
import { requireFolder } from "../require-folder.ts";
import { spawnProcess } from "../process-sandbox.ts";
import type {
  ProcessLimits,
  SandboxDriver,
  SandboxedProcess,
  SessionSandbox,
  SessionSandboxOptions,
  SpawnRequest,
} from "../sandbox.ts";
import { takeSessionUser } from "../session-user.ts";
import { describeEnvironment, START_SCRIPT } from "../start-script.ts";
import type { FindProcesses } from "../stop-processes.ts";
import { bubblewrapArguments, SANDBOX_UID } from "./bubblewrap-arguments.ts";
import { type ControlGroup, createControlGroup } from "./control-group.ts";
import { remainsName } from "./remains.ts";
import { systemMounts } from "./system-mounts.ts";

/** Enters the control groups that its first arguments name, up to `--`, then becomes the rest. */
const ENTER_SCRIPT = `
while [ "$1" != -- ]; do echo $$ > "$1" || exit 126; shift; done
shift
exec "$@"`;

interface DriverOptions {
  path: string;
  /** Of `findGaps`. */
  gaps?: readonly string[];
}

/** Isolates by bubblewrap (https://github.com/containers/bubblewrap) and socat, both as `PATH` finds them. */
export function createBubblewrapDriver({ path, gaps = [] }: DriverOptions): SandboxDriver {
  return {
    name: "bubblewrap",
    isIsolating: true,
    hasOwnSystem: false,
    gaps,
    prepare: (options) => prepareSandbox(path, options),
  };
}

/** Makes the control group of a session on trial; what it could not be told to limit. */
export async function findGaps(
  wanted: Pick<ProcessLimits, "processorCount">,
): Promise<readonly string[]> {
  const limits = { ...wanted, memoryBytes: 1024 ** 3, processCount: 64, fileBytes: 1024 ** 3 };
  const group = await createControlGroup(`${remainsName()}${randomUUID()}`, limits);
  await group.remove();
  return group.gaps;
}

async function prepareSandbox(
  path: string,
  options: SessionSandboxOptions,
): Promise<SessionSandbox> {
  const system = await systemMounts();
  const uid = await takeSessionUser(options);
  const opened = createClosingStack();
  try {
    const name = remainsName();
    const own = opened.add(await makeOwnFolder(name, uid ?? SANDBOX_UID), (it) => it.remove());
    const group = opened.add(
      await createControlGroup(`${name}${randomUUID()}`, options.limits),
      (it) => it.remove(),
    );
    const { socketPath } = own;
    const { egress: policy, onRefused } = options;
    opened.add(await openEgressProxy({ socketPath, policy, onRefused }), (it) => it.close());
    const context: Context = { ...options, path, system, ownFolder: own.folder, uid, group };
    return {
      gaps: group.gaps,
      spawn: (request) => spawnInside(request, context),
      findTrouble: async () =>
        (await group.countMemoryKills()) > 0 ? memoryTrouble(options.limits.memoryBytes) : null,
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface Context extends SessionSandboxOptions {
  path: string;
  system: readonly string[];
  ownFolder: string;
  uid: number | null;
  group: ControlGroup;
}

async function spawnInside(request: SpawnRequest, context: Context): Promise<SandboxedProcess> {
  const { homePath, cwd } = request;
  await mkdir(homePath, { recursive: true, mode: 0o700 });
  await requireFolder(request);
  await requireProgram(request.command, context.path);
  const bwrap = await requireProgram("bwrap", context.path);
  const enter = ["-c", ENTER_SCRIPT, "millrace", ...context.group.entryPaths, "--"];
  const setpriv = await requireProgram("setpriv", context.path);
  const prlimit = await requireProgram("prlimit", context.path);
  const limit = [prlimit, `--fsize=${context.limits.fileBytes}`, "--core=0", "--"];
  const isolate = [...limit, bwrap, ...bubblewrapArguments({ ...context, setpriv })];
  const start = ["/bin/sh", "-c", START_SCRIPT, "millrace", cwd, request.command, ...request.args];
  return spawnProcess(
    {
      command: "/bin/sh",
      args: [...enter, ...isolate, ...start],
      cwd: "/",
      environment: {},
      homePath,
    },
    { findAsked: leaveOut, extraInput: describeEnvironment(request.environment) },
  );
}

/**
 * All processes but bubblewrap itself, which would take the others along at once; it ends when they have. Before it
 * has started any, it alone.
 */
function leaveOut(members: FindProcesses, bubblewrapPid: number): FindProcesses {
  return async () => {
    const pids = await members();
    const inside = pids.filter((pid) => pid !== bubblewrapPid);
    return inside.length > 0 ? inside : pids;
  };
}

/** Throws `unavailable` when there is no such program. */
async function requireProgram(command: string, path: string): Promise<string> {
  const found = await findProgram(command, path);
  if (found !== null) return found;
  const name = basename(command);
  throw new AppError("unavailable", `Could not start ${name}: it is not installed`, {
    details: { command: name },
  });
}
