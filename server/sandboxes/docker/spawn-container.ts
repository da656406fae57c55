import { basename } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { Container, ContainerCreateOptions } from "dockerode";
import { AppError, isAppError } from "#lib/errors.ts";
import { log } from "#server/log.ts";
import { findProcess } from "../process-table.ts";
import type { ExitState, SandboxedProcess } from "../sandbox.ts";
import { startFailures } from "../start-script.ts";
import { attachStreams, outputOf } from "./container-streams.ts";
import { unlessDone } from "./engine-answers.ts";
import { attendNew, leave, removeOrNote } from "./lost-containers.ts";
import { readStart } from "./read-start.ts";
import { UNKNOWN_END, waitForEnd } from "./wait-for-end.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 2_000;
/** A process that is still there so long after SIGKILL hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;
/** How long output that nobody reads may keep a container that was stopped from being over. */
const LINGER_MS = 1_000;

interface SpawnOptions {
  container: ContainerCreateOptions;
  /** As the session knows it, for what is told. */
  command: string;
  /** Goes to the start script before anything else. */
  input: string;
  /** What it works in: nothing else may begin there before it is gone. */
  folder: string;
  /** Told before the end is. */
  onMemoryUsedUp(): void;
  /** How long a daemon that is away is waited for. */
  patienceMs?: number;
}

/**
 * Runs a program in a container of its own, which is removed when it has ended. `unavailable` with a message that names
 * the command when it cannot be started. What a program wrote last is lost when it is not read within two seconds of its
 * end: the daemon waits no longer. When the daemon goes away, the program has ended as soon as it was made to.
 */
export async function spawnContainer(
  engine: Docker,
  options: SpawnOptions,
): Promise<SandboxedProcess> {
  const containerName = attendNew();
  let isMade = false;
  try {
    await engine.createContainer({ ...options.container, name: containerName });
    isMade = true;
    return await startContainer(engine, engine.getContainer(containerName), options);
  } catch (cause) {
    // One whose making was not answered never begins: the keeper finds it.
    if (isMade) await removeOrNote(engine, containerName, options);
    else leave(containerName);
    const name = basename(options.command);
    const reason = isAppError(cause) ? cause.message : "the Docker daemon refused";
    throw new AppError("unavailable", `Could not start ${name}: ${reason}`, {
      details: { command: name },
      cause,
    });
  }
}

/** Throws an `AppError` that says what the start script missed. */
async function startContainer(
  engine: Docker,
  container: Container,
  options: SpawnOptions,
): Promise<SandboxedProcess> {
  const streams = await attachStreams(container);
  streams.stdin.write(options.input);
  await container.start();
  const { State: state } = await container.inspect();
  const ended = waitForEnd(engine, container.id);
  const timer = setTimeout(() => void giveUpStart(container), START_TIMEOUT_MS);
  const start = await readStart(streams.stderr).finally(() => clearTimeout(timer));
  if (!start.isStarted) {
    const code = (await ended).code ?? 0;
    throw new AppError("unavailable", startFailures[code] ?? (start.words || "it did not begin"));
  }
  const stdout = outputOf(streams.stdout);
  const stderr = outputOf(start.rest);
  const exited = settle(engine, { ...options, container, ended, outputs: [stdout, stderr] });
  const giveUp = () => {
    for (const output of [stdout, stderr]) output.destroy();
    streams.close();
  };
  return {
    pid: state.Pid,
    startTicks: findProcess(state.Pid)?.startTicks ?? null,
    stdin: streams.stdin,
    stdout,
    stderr,
    exited,
    async stop({ graceMs = STOP_GRACE_MS } = {}) {
      // To the daemon, a container whose output somebody could still read is not over.
      const late = setTimeout(giveUp, graceMs + LINGER_MS);
      await stopContainer(container, { ended, graceMs }).finally(() => clearTimeout(late));
      const lingering = setTimeout(giveUp, LINGER_MS);
      await exited;
      clearTimeout(lingering);
    },
  };
}

/** What the daemon does not do now is left to `remove`. */
async function giveUpStart(container: Container): Promise<void> {
  await sendSignal(container, "SIGKILL").catch((err: unknown) =>
    log.warn({ err, container: container.id }, "a container that does not start was not ended"),
  );
}

interface Settling extends Pick<SpawnOptions, "folder" | "onMemoryUsedUp" | "patienceMs"> {
  container: Container;
  ended: Promise<ExitState>;
  outputs: Readable[];
}

async function settle(
  engine: Docker,
  { container, ended, outputs, folder, onMemoryUsedUp, patienceMs }: Settling,
): Promise<ExitState> {
  const closed = outputs.map((output) => new Promise((resolve) => output.once("close", resolve)));
  const remove = () => removeOrNote(engine, container.id, { folder, patienceMs });
  const state = await ended;
  // Nobody knows whether it runs on, with or without readers.
  if (state === UNKNOWN_END) await remove();
  await Promise.all(closed);
  if (await isMemoryUsedUp(container)) onMemoryUsedUp();
  if (state !== UNKNOWN_END) await remove();
  return state;
}

/** As the daemon noted it with the container; its events tell more, but not for long. */
async function isMemoryUsedUp(container: Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.OOMKilled;
  } catch {
    return false;
  }
}

/** SIGTERM to the program, then SIGKILL to everything in the container. */
async function stopContainer(
  container: Container,
  { ended, graceMs }: { ended: Promise<ExitState>; graceMs: number },
): Promise<void> {
  const isOver = (withinMs: number) =>
    Promise.race([ended.then(() => true), delay(withinMs, false, { ref: false })]);
  if (graceMs > 0) {
    await sendSignal(container, "SIGTERM");
    if (await isOver(graceMs)) return;
  }
  await sendSignal(container, "SIGKILL");
  if (await isOver(KILL_TIMEOUT_MS)) return;
  throw new AppError("unavailable", "A process could not be stopped");
}

/** A daemon that does not answer has let go of the container, too: `settle` ends it. */
async function sendSignal(container: Container, signal: NodeJS.Signals): Promise<void> {
  try {
    await unlessDone(container.kill({ signal }));
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== undefined) throw error;
    log.warn({ err: error, container: container.id }, "the Docker daemon is away");
  }
}
