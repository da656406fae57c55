import { randomUUID } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import type Docker from "dockerode";
import { openEgressProxy } from "#server/egress/open-egress-proxy.ts";
import { createClosingStack } from "#server/closing-stack.ts";
import { remainsName } from "../bubblewrap/remains.ts";
import { childEnvironment } from "../child-environment.ts";
import { memoryTrouble } from "../limit-troubles.ts";
import { makeOwnFolder } from "../own-folder.ts";
import { requireFolder } from "../require-folder.ts";
import type {
  SandboxDriver,
  SandboxedProcess,
  SessionSandbox,
  SessionSandboxOptions,
  SpawnRequest,
} from "../sandbox.ts";
import { takeSessionUser } from "../session-user.ts";
import { describeOnInput } from "../start-script.ts";
import { startContainerKeeper } from "./container-keeper.ts";
import { containerOptions } from "./container-options.ts";
import { removeLost } from "./lost-containers.ts";
import { watchMemory } from "./watch-memory.ts";
import { containerLabels, removeOrphans, SANDBOX } from "./orphans.ts";
import { spawnContainer } from "./spawn-container.ts";

interface DriverOptions {
  engine: Docker;
  imageId: string;
  /** What the daemon cannot limit. */
  gaps: readonly string[];
}

/** Isolates by containers of the Docker daemon of this machine, one for each program of a session. */
export function createDockerDriver(driver: DriverOptions): SandboxDriver {
  return {
    name: "docker",
    isIsolating: true,
    hasOwnSystem: true,
    gaps: driver.gaps,
    prepare: (options) => prepareSandbox(driver, options),
    keep: () => startContainerKeeper(driver.engine),
  };
}

async function prepareSandbox(
  { engine, imageId, gaps }: DriverOptions,
  options: SessionSandboxOptions,
): Promise<SessionSandbox> {
  const [folder = ""] = options.writablePaths;
  await removeLost(engine, { folder });
  await removeOrphans(engine, options.isVisitor ? undefined : folder);
  const uid = await takeSessionUser(options);
  const user = uid === null ? [process.getuid?.(), process.getgid?.()] : [uid, uid];
  const opened = createClosingStack();
  try {
    const own = opened.add(await makeOwnFolder(remainsName(), user[0] ?? 0), (it) => it.remove());
    const { egress: policy, onRefused, limits, sessionId, generation } = options;
    const { socketPath } = own;
    opened.add(await openEgressProxy({ socketPath, policy, onRefused }), (it) => it.close());
    const sandboxId = randomUUID();
    const labels = containerLabels({ sessionId, generation, folder, sandboxId });
    const memory = watchMemory(engine, `${SANDBOX}=${sandboxId}`);
    const inside = { image: imageId, labels, ownFolder: own.folder };
    const context = { ...options, ...inside, engine, folder, onMemoryUsedUp: memory.note };
    return {
      gaps,
      spawn: (request) => spawnInside(request, { ...context, user: user.join(":") }),
      findTrouble: async () =>
        (await memory.isUsedUp()) ? memoryTrouble(limits.memoryBytes) : null,
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface Context extends SessionSandboxOptions {
  engine: Docker;
  image: string;
  labels: Record<string, string>;
  ownFolder: string;
  user: string;
  /** The session's own. */
  folder: string;
  onMemoryUsedUp(): void;
}

async function spawnInside(request: SpawnRequest, context: Context): Promise<SandboxedProcess> {
  const { homePath, environment } = request;
  const { engine, folder, onMemoryUsedUp } = context;
  await removeLost(engine, { folder });
  await mkdir(homePath, { recursive: true, mode: 0o700 });
  await requireFolder(request);
  const command = await placeInside(request.command, context.readablePaths);
  return spawnContainer(engine, {
    folder,
    onMemoryUsedUp,
    command: request.command,
    input: describeOnInput(environment),
    container: containerOptions({
      ...context,
      request: { ...request, command },
      environment: fixedEnvironment(homePath),
    }),
  });
}

/** Links in the machine's folders of programs are not inside; the packages that they lead to may be. */
async function placeInside(command: string, readablePaths: readonly string[]): Promise<string> {
  const real = await realpath(command).catch(() => command);
  const isShown = readablePaths.some((path) => real === path || real.startsWith(`${path}/`));
  return isShown ? real : command;
}

/** What the session has no say in; the rest comes on standard input. Where programs are is the image's to know. */
function fixedEnvironment(homePath: string): Record<string, string> {
  const { PATH: _, ...environment } = childEnvironment({ homePath, environment: {} }, randomUUID());
  return environment;
}
