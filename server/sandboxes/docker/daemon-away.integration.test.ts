import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { expect, test } from "vitest";
import { STARTED } from "../start-script.ts";
import { removeLost } from "./lost-containers.ts";
import { spawnContainer } from "./spawn-container.ts";

const gone = () => Object.assign(new Error("no such container"), { statusCode: 404 });
const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

/** A daemon with live-restore: what it began runs on while it is away. */
function createEngine() {
  const streams: PassThrough[] = [];
  const state = { isAway: false, isRunning: true, isOutOfMemory: false, removals: 0 };
  const waited = new PassThrough();
  const answer = async (value: unknown) => {
    if (state.isAway) throw away();
    return value;
  };
  const container = {
    id: "one",
    async attach({ stderr }: { stderr?: boolean }) {
      const stream = new PassThrough();
      streams.push(stream);
      if (stderr) stream.write(Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, STARTED]));
      return stream;
    },
    start: () => answer(null),
    inspect: () => answer({ State: { Pid: 2 ** 22, OOMKilled: state.isOutOfMemory } }),
    kill: () => answer(null),
    async remove() {
      state.removals += 1;
      await answer(null);
      if (!state.isRunning) throw gone();
      state.isRunning = false;
    },
  };
  const closeStreams = () => streams.forEach((stream) => stream.end());
  return {
    engine: {
      createContainer: async () => container,
      getContainer: () => container,
      modem: {
        dial: (_: object, answered: (...args: unknown[]) => void) => answered(null, waited),
      },
    } as unknown as Docker,
    state,
    goAway() {
      state.isAway = true;
      closeStreams();
      waited.destroy(new Error("aborted"));
    },
    exit(code: number) {
      closeStreams();
      waited.end(JSON.stringify({ StatusCode: code }));
    },
  };
}

async function spawn({ engine }: ReturnType<typeof createEngine>, patienceMs = 20_000) {
  let isMemoryUsedUp = false;
  const child = await spawnContainer(engine, {
    container: {},
    command: "agent",
    input: "",
    folder: "/data/session",
    onMemoryUsedUp: () => (isMemoryUsedUp = true),
    patienceMs,
  });
  child.stdout.resume();
  child.stderr.resume();
  return { child, isMemoryUsedUp: () => isMemoryUsedUp };
}

test("a program has ended only when the daemon that went away is back and has ended it", async () => {
  const daemon = createEngine();
  const { child } = await spawn(daemon);
  let isOver = false;
  void child.exited.then(() => (isOver = true));
  daemon.goAway();
  await expect.poll(() => daemon.state.removals, { timeout: 10_000 }).toBeGreaterThan(1);
  expect([isOver, daemon.state.isRunning]).toEqual([false, true]);
  daemon.state.isAway = false;
  expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(daemon.state.isRunning).toBe(false);
});

test("while what was lost may run, nothing begins in its folder", async () => {
  const daemon = createEngine();
  const { child } = await spawn(daemon, 0);
  daemon.goAway();
  await child.stop();
  const lost = { folder: "/data/session", patienceMs: 0 };
  await expect(removeLost(daemon.engine, lost)).rejects.toMatchObject({
    code: "unavailable",
    message: "What ran in the session's folder before cannot be ended",
  });
  await removeLost(daemon.engine, { ...lost, folder: "/data/another" });
  daemon.state.isAway = false;
  await removeLost(daemon.engine, lost);
  expect(daemon.state.isRunning).toBe(false);
  const { removals } = daemon.state;
  await removeLost(daemon.engine, lost);
  expect(daemon.state.removals).toBe(removals);
});

test.each([true, false])(
  "that memory was used up is told with the end: %s",
  async (isOutOfMemory) => {
    const daemon = createEngine();
    const { child, isMemoryUsedUp } = await spawn(daemon);
    daemon.state.isOutOfMemory = isOutOfMemory;
    daemon.exit(137);
    expect(await child.exited).toEqual({ code: 137, signal: null });
    expect(isMemoryUsedUp()).toBe(isOutOfMemory);
  },
);
