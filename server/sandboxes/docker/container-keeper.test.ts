import { afterEach, expect, test, vi } from "vitest";
import type Docker from "dockerode";
import { startContainerKeeper } from "./container-keeper.ts";
import { attendNew, isAttended, removeOrNote } from "./lost-containers.ts";
import { containerLabels } from "./orphans.ts";
import { spawnContainer } from "./spawn-container.ts";

const INTERVAL_MS = 60_000;
const session = { sessionId: "ses_1", generation: 1, folder: "/data/never-used-again" };
const labels = containerLabels({ ...session, sandboxId: "one" });

/** A daemon that has containers by name. */
function createEngine() {
  const containers = new Map<string, Record<string, string>>();
  const state = { isAway: false };
  const answer = <Value>(value: Value): Value => {
    if (state.isAway) throw new Error("connect ECONNREFUSED");
    return value;
  };
  const engine = {
    // Made, but the answer is lost.
    async createContainer({ name = "", Labels = {} }: Docker.ContainerCreateOptions) {
      containers.set(name, Labels);
      throw new Error("socket hang up");
    },
    listContainers: async () =>
      answer([...containers]).map(([Id, Labels]) => ({ Id, Labels, Names: [`/${Id}`] })),
    getContainer: (name: string) => ({
      async remove() {
        if (answer(containers).delete(name)) return;
        throw Object.assign(new Error("no such container"), { statusCode: 404 });
      },
    }),
  };
  return { engine: engine as unknown as Docker, containers, state };
}

afterEach(() => void vi.useRealTimers());

test("what ran on while the daemon was away ends within a minute of its return, or with the server", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { engine, containers, state } = createEngine();
  const lose = async () => {
    const name = attendNew();
    containers.set(name, {});
    state.isAway = true;
    await removeOrNote(engine, name, { folder: session.folder, patienceMs: 0 });
    return name;
  };
  const stop = startContainerKeeper(engine);
  await lose();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(containers.size).toBe(1);
  state.isAway = false;
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(containers.size).toBe(0);
  const second = await lose();
  state.isAway = false;
  await stop();
  expect([containers.size, isAttended(second)]).toEqual([0, false]);
});

test("a container whose making was not answered goes; what is at work, or another server's, stays", async () => {
  const { engine, containers } = createEngine();
  const spawned = spawnContainer(engine, {
    container: { Labels: labels },
    command: "agent",
    input: "",
    folder: session.folder,
    onMemoryUsedUp: () => {},
  });
  await expect(spawned).rejects.toMatchObject({ code: "unavailable" });
  expect(containers.size).toBe(1);
  const atWork = attendNew();
  containers.set(atWork, labels);
  containers.set("theirs", { ...labels, "millrace.server": "another-host 7 1" });
  await startContainerKeeper(engine)();
  expect([...containers.keys()]).toEqual([atWork, "theirs"]);
});
