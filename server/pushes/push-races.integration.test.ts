import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { usePushHost } from "./testing/use-push-host.ts";
import { runPush } from "./run-push.ts";

vi.setConfig({ testTimeout: 60_000 });
const host = usePushHost();

test("the same push twice at once is one, and another one waits for nobody", async () => {
  const sessionId = await host.startIdle();
  host.git.hold();
  const asked = await Promise.allSettled([
    host.push(sessionId),
    host.push(sessionId),
    host.push(sessionId, { branch: "other" }),
  ]);
  const pushIds = asked.map((one) => (one.status === "fulfilled" ? one.value.pushId : null));
  const taken = pushIds.filter((pushId) => pushId !== null);
  expect(new Set(taken).size).toBe(1);
  const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused.length).toBeGreaterThan(0);
  for (const error of refused)
    expect(error).toMatchObject({ code: "conflict", details: { reason: "pushing" } });
  host.git.release();
  expect(await host.ended(sessionId)).toMatchObject({ status: "done", pushId: taken[0] });
});

test("while the agent works nothing is pushed, and a turn that begins meanwhile ends the push", async () => {
  const sessionId = await host.startIdle();
  host.git.hold();
  await host.push(sessionId);
  await host.server.send(sessionId, "@write again.txt");
  await host.server.until(sessionId, ({ status, prompts }) => {
    return status === "idle" && prompts.every((prompt) => prompt.status === "settled");
  });
  await host.server.send(sessionId, "@sleep 30000");
  await host.server.until(sessionId, ({ status }) => status === "working");
  await expect(host.push(sessionId, { branch: "other" })).rejects.toMatchObject({
    code: "conflict",
  });
  host.git.release();
  const { failure, branch } = await host.ended(sessionId);
  expect(failure).toMatchObject({ reason: "working" });
  await expect(host.origin.git("rev-parse", "--verify", branch)).rejects.toThrow("single revision");
  await expect(host.push(sessionId)).rejects.toMatchObject({ details: { reason: "working" } });
});

test("a run that is repeated comes to the same commit, also when nobody learned that it had arrived", async () => {
  const sessionId = await host.startIdle();
  const first = await host.pushed(sessionId);
  const { sql } = host.server.services.database;
  await sql`update branch_pushes set status = 'running', ended_at = null`;
  await again(first.pushId);
  expect(await host.ended(sessionId)).toMatchObject({ status: "done", commitId: first.commitId });

  // The remote has it, and the row only what was to be sent.
  await writeFile(join(host.foldersOf(sessionId).repositoryPath, "more.txt"), "more");
  await sql`
    update branch_pushes
    set status = 'failed', failure = '{"reason":"other","message":"","freeBranch":null}'`;
  const second = await host.pushed(sessionId);
  expect(second).toMatchObject({ status: "done", failure: null });
  expect(await host.origin.git("rev-parse", `${second.branch}^`)).toBe(first.commitId);
});

/** As a worker that was killed leaves it: the commit is noted, and perhaps sent. */
async function reopen(commitId: string | null): Promise<void> {
  const { sql } = host.server.services.database;
  await sql`
    update branch_pushes
    set status = 'running', failure = null, ended_at = null, commit_id = ${commitId}`;
}

/** Once a run has claimed its push and asks the git server, which holds it. */
async function whenHeld(requestsBefore: number): Promise<void> {
  const options = { timeout: 20_000, interval: 25 };
  await vi.waitFor(() => expect(host.git.requests.length).toBeGreaterThan(requestsBefore), options);
}

const again = (pushId: string, maxMs = 60_000) =>
  runPush(host.server.services, pushId, { signal: new AbortController().signal, maxMs });

test("what a killed run has sent is the push's end, whatever the files are by now", async () => {
  const sessionId = await host.startIdle();
  const { pushId, commitId } = await host.pushed(sessionId);
  await reopen(commitId);
  await writeFile(join(host.foldersOf(sessionId).repositoryPath, "later.txt"), "later");
  await again(pushId);
  expect(await host.ended(sessionId)).toMatchObject({ status: "done", commitId });
});

test("what a killed run has left running ends before the next one looks at the branch", async () => {
  const sessionId = await host.startIdle();
  const { pushId } = await host.pushed(sessionId);
  await reopen(null);
  const homePath = join(host.server.dataDir, "pushes", pushId, "home");
  await mkdir(homePath, { recursive: true });
  const left = await createProcessSandbox().spawn({
    command: "sleep",
    args: ["60"],
    cwd: homePath,
    homePath,
    environment: {},
  });
  await again(pushId);
  expect((await left.exited).signal).toBe("SIGTERM");
});

test("a run that is overtaken by another one writes and sends nothing", async () => {
  const sessionId = await host.startIdle();
  const { pushId, branch } = await host.pushed(sessionId);
  await host.origin.git("branch", "-D", branch);
  await reopen(null);
  host.git.hold();
  const requestsBefore = host.git.requests.length;
  const overtaken = again(pushId);
  const { sql } = host.server.services.database;
  await whenHeld(requestsBefore);
  const other = "1".repeat(40);
  await sql`update branch_pushes set commit_id = ${other}`;
  host.git.release();
  await overtaken;
  const [row] = await sql`select status, commit_id from branch_pushes`;
  expect(row).toEqual({ status: "running", commit_id: other });
  await expect(host.origin.git("rev-parse", "--verify", branch)).rejects.toThrow("single revision");
});

test("a push whose git server does not answer ends with words, not with an accident", async () => {
  const sessionId = await host.startIdle();
  const { pushId } = await host.pushed(sessionId);
  await reopen(null);
  host.git.hold();
  await again(pushId, 1);
  host.git.release();
  const { failure } = await host.ended(sessionId);
  expect(failure).toMatchObject({ reason: "other" });
  expect(failure?.message).toContain("The push did not end within");
});

test("files of a turn that ended while they were read are not pushed", async () => {
  const sessionId = await host.startIdle();
  const { pushId } = await host.pushed(sessionId);
  await reopen(null);
  host.git.hold();
  const requestsBefore = host.git.requests.length;
  const run = again(pushId);
  await whenHeld(requestsBefore);
  const { sql } = host.server.services.database;
  await sql`update prompts set settled_at = now()`;
  host.git.release();
  await run;
  expect(await host.ended(sessionId)).toMatchObject({ failure: { reason: "working" } });
});
