import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "#lib/errors.ts";
import { openEgressProxy } from "#server/egress/open-egress-proxy.ts";
import { createClosingStack } from "#server/closing-stack.ts";
import { findProgram } from "../find-program.ts";
import { PROCESSES_GAP } from "../gaps.ts";
import { memoryTrouble, processesTrouble } from "../limit-troubles.ts";
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
  /** For tests of machines that have no control groups. */
  makeGroup?: typeof createControlGroup;
}

/** Isolates by bubblewrap (https://github.com/containers/bubblewrap) and socat, both as `PATH` finds them. */
export function createBubblewrapDriver(driver: DriverOptions): SandboxDriver {
  const { path, gaps = [], makeGroup = createControlGroup } = driver;
  return {
    name: "bubblewrap",
    isIsolating: true,
    hasOwnSystem: false,
    gaps,
    prepare: (options) => prepareSandbox({ path, makeGroup }, options),
  };
}

/** Makes the control group of a session on trial; what it could not be told to limit. */
export async function findGaps(
  wanted: Pick<ProcessLimits, "processorCount">,
): Promise<readonly string[]> {
  const limits = { ...wanted, memoryBytes: 1024 ** 3, processCount: 64, fileBytes: 1024 ** 3 };
  const group = await createControlGroup(`${remainsName()}${randomUUID()}`, limits);
  await group.remove();
  return remainingGaps(group.gaps, process.getuid?.() === 0 ? 0 : null);
}

async function prepareSandbox(
  { path, makeGroup }: Required<Pick<DriverOptions, "path" | "makeGroup">>,
  options: SessionSandboxOptions,
): Promise<SessionSandbox> {
  const system = await systemMounts();
  const uid = await takeSessionUser(options);
  const opened = createClosingStack();
  try {
    const name = remainsName();
    const own = opened.add(await makeOwnFolder(name, uid ?? SANDBOX_UID), (it) => it.remove());
    const group = opened.add(await makeGroup(`${name}${randomUUID()}`, options.limits), (it) =>
      it.remove(),
    );
    const { socketPath } = own;
    const { egress: policy, onRefused } = options;
    opened.add(await openEgressProxy({ socketPath, policy, onRefused }), (it) => it.close());
    const context: Context = { ...options, path, system, ownFolder: own.folder, uid, group };
    return {
      gaps: remainingGaps(group.gaps, uid),
      spawn: (request) => spawnInside(request, context),
      findTrouble: () => findTrouble(group, options.limits),
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function findTrouble(group: ControlGroup, limits: ProcessLimits): Promise<AppError | null> {
  if ((await group.countMemoryKills()) > 0) return memoryTrouble(limits.memoryBytes);
  if ((await group.countRefusedProcesses()) > 0) return processesTrouble(limits.processCount);
  return null;
}

/** Where no control group counts processes, the system does for a user, if the session has one of its own. */
const isCountedByUser = (gaps: readonly string[], uid: number | null) =>
  uid !== null && gaps.includes(PROCESSES_GAP);

const remainingGaps = (gaps: readonly string[], uid: number | null) =>
  isCountedByUser(gaps, uid) ? gaps.filter((gap) => gap !== PROCESSES_GAP) : gaps;

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
  const { fileBytes, processCount } = context.limits;
  const byUser = isCountedByUser(context.group.gaps, context.uid)
    ? [`--nproc=${processCount}`]
    : [];
  const limit = [prlimit, `--fsize=${fileBytes}`, "--core=0", ...byUser, "--"];
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
