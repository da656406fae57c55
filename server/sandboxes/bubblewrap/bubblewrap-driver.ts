import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError } from "#lib/errors.ts";
import { openEgressProxy } from "#server/egress/open-egress-proxy.ts";
import { createClosingStack } from "#server/closing-stack.ts";
import { findProgram } from "../find-program.ts";
import { spawnProcess } from "../process-sandbox.ts";
import type {
  SandboxDriver,
  SandboxedProcess,
  SessionSandbox,
  SessionSandboxOptions,
  SpawnRequest,
} from "../sandbox.ts";
import type { FindProcesses } from "../stop-processes.ts";
import { bubblewrapArguments, SANDBOX_UID } from "./bubblewrap-arguments.ts";
import { type ControlGroup, createControlGroup } from "./control-group.ts";
import { remainsName } from "./remains.ts";
import { describeEnvironment, START_SCRIPT } from "./start-script.ts";
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
    gaps,
    prepare: (options) => prepareSandbox(path, options),
  };
}

/** Makes the control group of a session on trial; what it could not be told to limit. */
export async function findGaps(): Promise<readonly string[]> {
  const limits = { memoryBytes: 1024 ** 3, processCount: 64, fileBytes: 1024 ** 3 };
  const group = await createControlGroup(`${remainsName()}${randomUUID()}`, limits);
  await group.remove();
  return group.gaps;
}

async function prepareSandbox(
  path: string,
  options: SessionSandboxOptions,
): Promise<SessionSandbox> {
  const system = await systemMounts();
  const uid = process.getuid?.() === 0 ? uidOf(options.sessionId) : null;
  if (uid !== null) await giveAway(options.writablePaths, uid);
  const opened = createClosingStack();
  try {
    const name = remainsName();
    const own = opened.add(await makeOwnFolder(name, uid ?? SANDBOX_UID), (it) => it.remove());
    const group = opened.add(
      await createControlGroup(`${name}${randomUUID()}`, options.limits),
      (it) => it.remove(),
    );
    const socketPath = join(own.folder, "proxy.sock");
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

const memoryTrouble = (memoryBytes: number) =>
  new AppError(
    "too_large",
    `What the session ran needed more memory than the ${bytesInWords(memoryBytes)} it may use, and was ended`,
    { details: { memoryBytes } },
  );

/** Above what systems give to people, services and containers; two sessions have the same one in a billion. */
const FIRST_UID = 2 ** 30;

/** The same for a session at every start, so that its files stay its own. */
function uidOf(sessionId: string): number {
  const digest = createHash("sha256").update(sessionId).digest();
  return FIRST_UID + (digest.readUInt32BE(0) % FIRST_UID);
}

/** Links are given themselves, not what they lead to. */
async function giveAway(paths: readonly string[], uid: number): Promise<void> {
  await promisify(execFile)("chown", ["-R", "-h", "-P", `${uid}:${uid}`, "--", ...paths]);
}

interface OwnFolder {
  folder: string;
  remove(): Promise<void>;
}

/**
 * In the system's temporary folder, because the path of a socket must be short; the inner one of two, as the child may
 * be anybody and others of the machine must not use its proxy.
 */
async function makeOwnFolder(prefix: string, uid: number): Promise<OwnFolder> {
  const outer = await mkdtemp(join(tmpdir(), prefix));
  const folder = join(outer, "run");
  await mkdir(folder);
  const files = {
    passwd: `agent:x:${uid}:${uid}:agent:/tmp:/bin/sh\n`,
    group: `agent:x:${uid}:\n`,
    hosts: "127.0.0.1 localhost millrace\n::1 localhost\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { folder, remove: () => rm(outer, { recursive: true, force: true }) };
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
  const name = basename(request.command);
  if (!(await isFolder(cwd))) throw new AppError("unavailable", `${name} has no folder to run in`);
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

const isFolder = (path: string) =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

/** Throws `unavailable` when there is no such program. */
async function requireProgram(command: string, path: string): Promise<string> {
  const found = await findProgram(command, path);
  if (found !== null) return found;
  const name = basename(command);
  throw new AppError("unavailable", `Could not start ${name}: it is not installed`, {
    details: { command: name },
  });
}
