import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "#lib/errors.ts";
import { childEnvironment } from "./child-environment.ts";
import { findProcess } from "./process-table.ts";
import { requireFolder } from "./require-folder.ts";
import type { ExitState, Sandbox, SandboxedProcess, SpawnRequest } from "./sandbox.ts";
import { type FindProcesses, findGroup, stopProcesses } from "./stop-processes.ts";

const STOP_GRACE_MS = 2_000;
/** How long the output of a child that has ended may be held open by something it left behind. */
const LINGER_MS = 1_000;

/**
 * Children as plain processes under our own identity: own process group, allow-listed environment, private home.
 * It keeps secrets and signals apart, not files: for agents that are not trusted there are other drivers.
 */
export function createProcessSandbox(): Sandbox {
  return { spawn: (request) => spawnProcess(request) };
}

interface SpawnOptions {
  /** What the child can read from its descriptor 3. */
  extraInput?: string;
  /** Which of a child's processes are asked to end; all of its group unless given. */
  findAsked?(members: FindProcesses, pid: number): FindProcesses;
}

/** As `Sandbox.spawn`, without anything between the child and the machine. */
export async function spawnProcess(
  request: SpawnRequest,
  { extraInput, findAsked = (members) => members }: SpawnOptions = {},
): Promise<SandboxedProcess> {
  const { command, args, cwd, homePath } = request;
  await mkdir(homePath, { recursive: true, mode: 0o700 });
  const processMarker = randomUUID();
  const child = spawnChild(command, args, {
    cwd,
    environment: childEnvironment(request, processMarker),
    hasExtraInput: extraInput !== undefined,
  });
  // Read at once: until the event loop turns, even a child that ended already is still in the table.
  const startTicks = child.pid === undefined ? null : (findProcess(child.pid)?.startTicks ?? null);
  const exited = watchExit(child);
  const findMembers = findGroup(child.pid ?? 0, processMarker);
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw await spawnFailure(request, cause);
  }
  child.once("exit", () => void releaseOutput(child, findMembers));
  if (extraInput !== undefined) giveExtraInput(child, extraInput);

  return {
    pid: child.pid as number,
    startTicks,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    async stop({ graceMs = STOP_GRACE_MS } = {}) {
      await stopProcesses(findAsked(findMembers, child.pid as number), graceMs);
      const giveUp = setTimeout(destroyOutput, LINGER_MS, child);
      await exited;
      clearTimeout(giveUp);
    },
  };
}

const EXTRA_INPUT = 3;

/** A child that ends without reading it is told by its exit. */
function giveExtraInput(child: ChildProcessWithoutNullStreams, text: string) {
  const stream = child.stdio[EXTRA_INPUT] as Writable;
  stream.on("error", () => {});
  stream.end(text);
}

interface ChildOptions {
  cwd: string;
  environment: Record<string, string>;
  hasExtraInput: boolean;
}

function spawnChild(
  command: string,
  args: string[],
  { cwd, environment, hasExtraInput }: ChildOptions,
): ChildProcessWithoutNullStreams {
  try {
    // Next.js declares NODE_ENV as present in every environment; in a child's it is not.
    const env = environment as NodeJS.ProcessEnv;
    const options = { cwd, env, detached: true };
    if (!hasExtraInput) return spawn(command, args, { ...options, stdio: "pipe" });
    const stdio = Array.from({ length: EXTRA_INPUT + 1 }, () => "pipe" as const);
    return spawn(command, args, { ...options, stdio });
  } catch (cause) {
    // Arguments that no process can have: a NUL, or more than the system takes.
    throw new AppError("invalid_input", `${basename(command)} cannot be started like this`, {
      cause,
    });
  }
}

function watchExit(child: ChildProcessWithoutNullStreams): Promise<ExitState> {
  // A child that stops reading is no error of ours: its exit tells, and a writer's callback gets the error too.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {});
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

/**
 * Ends the streams of a child that has exited but left something behind that keeps them open. Otherwise they end by
 * themselves once everything is read, however slow the reader is.
 */
async function releaseOutput(child: ChildProcessWithoutNullStreams, findMembers: FindProcesses) {
  await delay(LINGER_MS, undefined, { ref: false });
  if (child.stdout.closed && child.stderr.closed) return;
  if ((await findMembers()).length > 0) destroyOutput(child);
}

function destroyOutput(child: ChildProcessWithoutNullStreams) {
  child.stdout.destroy();
  child.stderr.destroy();
}

async function spawnFailure(request: SpawnRequest, cause: unknown): Promise<AppError> {
  await requireFolder(request, cause);
  const name = basename(request.command);
  const { code = "" } = cause as NodeJS.ErrnoException;
  const reason = spawnReasons[code] ?? "the system refused";
  return new AppError("unavailable", `Could not start ${name}: ${reason}`, {
    details: { command: name },
    cause,
  });
}

const spawnReasons: Record<string, string> = {
  ENOENT: "it is not installed",
  EACCES: "it may not be executed",
  ENOEXEC: "it is not a program for this machine",
  EAGAIN: "too many processes are running",
  EMFILE: "too many files are open",
  ENOMEM: "there is not enough memory",
  E2BIG: "its arguments are too long",
};
