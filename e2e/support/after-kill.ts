import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "@playwright/test";
import type { App } from "./app.ts";
import type { FoundProcess } from "./processes.ts";

/** SIGKILL to the server. Returns its children, which it has left to themselves. */
export async function crash(app: App): Promise<FoundProcess[]> {
  await app.kill9();
  return app.findChildren();
}

/** What a server that was killed has left ends by itself, or by the next one. */
export async function expectGone(app: App, left: FoundProcess[]): Promise<void> {
  const pids = new Set(left.map(({ pid }) => pid));
  const findLeft = async () => (await app.findChildren()).filter(({ pid }) => pids.has(pid));
  await expect.poll(findLeft, "processes of the killed server").toEqual([]);
}

/** Nothing is left of what the sandboxes of a server that was killed had outside of its data. */
export async function expectNoRemains(processId: number): Promise<void> {
  const find = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(`millrace-sandbox-${processId}-`));
  await expect.poll(find, "folders of the killed server").toEqual([]);
}

/** One folder for the session, nothing half-made, and no more than one agent. */
export async function expectTidy(app: App, sessionId: string): Promise<void> {
  const names = async (folder: string) => readdir(path.join(app.dataPath, folder));
  expect(await names("workspaces")).toEqual([`${sessionId}-1`]);
  const inside = await names(`workspaces/${sessionId}-1`);
  expect(inside.filter((name) => name.includes("partial"))).toEqual([]);
  for (const mirror of await names("mirrors")) {
    const unfinished = (await names(`mirrors/${mirror}`)).filter((name) => name.includes("-"));
    expect(unfinished, "unfinished clones").toEqual([]);
  }
  const agents = await findAgents(app);
  expect(agents.length, "agents of one session").toBeLessThanOrEqual(1);
  // A child that has just ended is one until its parent has had time for it.
  await expect.poll(() => app.findZombies(), "zombies").toEqual([]);
}

/** Of the recording agent; what isolates one has its command line too, and is not counted. */
export async function findAgents(app: App): Promise<FoundProcess[]> {
  const children = await app.findChildren();
  return children.filter(({ command }) => /^\S*node\S* .*recording-agent/.test(command));
}
