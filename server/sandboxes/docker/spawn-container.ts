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
import { readStart } from "./read-start.ts";

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
}

/**
 * Runs a program in a container of its own, which is removed when it has ended. `unavailable` with a message that names
 * the command when it cannot be started. What a program wrote last is lost when it is not read within two seconds of its
 * end: the daemon waits no longer.
 */
export async function spawnContainer(
  engine: Docker,
  { container: options, command, input }: SpawnOptions,
): Promise<SandboxedProcess> {
  let container: Container | null = null;
  try {
    container = await engine.createContainer(options);
    return await startContainer(container, input);
  } catch (cause) {
    if (container !== null) await remove(container);
    const name = basename(command);
    const reason = isAppError(cause) ? cause.message : "the Docker daemon refused";
    throw new AppError("unavailable", `Could not start ${name}: ${reason}`, {
      details: { command: name },
      cause,
    });
  }
}

/** Throws an `AppError` that says what the start script missed. */
async function startContainer(container: Container, input: string): Promise<SandboxedProcess> {
  const streams = await attachStreams(container);
  streams.stdin.write(input);
  await container.start();
  const { State: state } = await container.inspect();
  const ended = waitForEnd(container);
  const timer = setTimeout(() => void giveUpStart(container), START_TIMEOUT_MS);
  const start = await readStart(streams.stderr).finally(() => clearTimeout(timer));
  if (!start.isStarted) {
    const code = (await ended).code ?? 0;
    throw new AppError("unavailable", startFailures[code] ?? (start.words || "it did not begin"));
  }
  const stdout = outputOf(streams.stdout);
  const stderr = outputOf(start.rest);
  const exited = settle({ container, ended, outputs: [stdout, stderr] });
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

/** Never rejects: a container whose daemon is gone is gone, too. A program that a signal ended has 128 and its number. */
async function waitForEnd(container: Container): Promise<ExitState> {
  try {
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    return { code, signal: null };
  } catch {
    return { code: null, signal: "SIGKILL" };
  }
}

interface Settling {
  container: Container;
  ended: Promise<ExitState>;
  outputs: Readable[];
}

async function settle({ container, ended, outputs }: Settling): Promise<ExitState> {
  const closed = outputs.map((output) => new Promise((resolve) => output.once("close", resolve)));
  const state = await ended;
  await Promise.all(closed);
  await remove(container);
  return state;
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

const sendSignal = (container: Container, signal: NodeJS.Signals) =>
  unlessDone(container.kill({ signal }));

/** What stays because the daemon does not answer goes as an orphan of this server. */
async function remove(container: Container): Promise<void> {
  const { id } = container;
  await unlessDone(container.remove({ force: true, v: true })).catch((err: unknown) =>
    log.warn({ err, container: id }, "a container that has ended was not removed"),
  );
}
