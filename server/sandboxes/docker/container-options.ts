import { cpus } from "node:os";
import type { ContainerCreateOptions } from "dockerode";
import { OWN_FOLDER } from "../own-folder.ts";
import {
  type ProcessLimits,
  type SessionSandboxOptions,
  type SpawnRequest,
  TEMPORARY_MAX_BYTES,
} from "../sandbox.ts";
import { CONTAINER_START_SCRIPT } from "../start-script.ts";

const BILLION = 1_000_000_000;

interface ContainerOptions extends Pick<SessionSandboxOptions, "readablePaths" | "writablePaths"> {
  request: Pick<SpawnRequest, "args" | "command" | "cwd">;
  /** Of `childEnvironment`: nothing secret, as whoever may ask the daemon reads it. */
  environment: Readonly<Record<string, string>>;
  /** Name or id of the image. */
  image: string;
  labels: Record<string, string>;
  limits: ProcessLimits;
  /** Of `makeOwnFolder`. */
  ownFolder: string;
  /** `user:group` in numbers. */
  user: string;
}

/**
 * A container for one program of a session: no network but the socket in `ownFolder`, no capabilities and no way to gain
 * any, an ordinary user, the image read-only, and of the machine's files only what is named.
 */
export function containerOptions(options: ContainerOptions): ContainerCreateOptions {
  const { request, environment, image, labels, user } = options;
  return {
    Image: image,
    Labels: labels,
    User: user,
    Hostname: "millrace",
    WorkingDir: "/",
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Entrypoint: ["/bin/sh", "-c", CONTAINER_START_SCRIPT, "millrace"],
    Cmd: [request.cwd, request.command, ...request.args],
    Healthcheck: { Test: ["NONE"] },
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: hostConfig(options),
  };
}

/** What keeps the container apart from the machine. */
function hostConfig(options: ContainerOptions): ContainerCreateOptions["HostConfig"] {
  const { limits, ownFolder, readablePaths, writablePaths } = options;
  const own = ["passwd", "group"].map((name) => mount(`${ownFolder}/${name}`, `/etc/${name}`));
  return {
    NetworkMode: "none",
    IpcMode: "private",
    Privileged: false,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    ReadonlyRootfs: true,
    Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${TEMPORARY_MAX_BYTES}` },
    // Of /dev/shm; the daemon's own choice is 64 MiB, too little for browsers.
    ShmSize: TEMPORARY_MAX_BYTES,
    Mounts: [
      ...own,
      mount(ownFolder, OWN_FOLDER),
      ...readablePaths.map((path) => mount(path, path)),
      ...writablePaths.map((path) => ({ ...mount(path, path), ReadOnly: false })),
    ],
    Memory: limits.memoryBytes,
    // Together with swap: none of it.
    MemorySwap: limits.memoryBytes,
    // More than there are is refused; none means all.
    NanoCpus: Math.round(Math.min(limits.processorCount ?? 0, cpus().length) * BILLION),
    PidsLimit: limits.processCount,
    Ulimits: [
      { Name: "fsize", Soft: limits.fileBytes, Hard: limits.fileBytes },
      { Name: "core", Soft: 0, Hard: 0 },
    ],
    // Collects what a program leaves behind, and passes signals on to it.
    Init: true,
    // A program's output is not kept a second time.
    LogConfig: { Type: "none", Config: {} },
    RestartPolicy: { Name: "no" },
    AutoRemove: false,
  };
}

/** Unlike a bind by name, it is refused when the source is missing. */
const mount = (source: string, target: string) => ({
  Type: "bind" as const,
  Source: source,
  Target: target,
  ReadOnly: true,
});
