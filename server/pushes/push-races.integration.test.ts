import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
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
  await runPush(host.server.services, first.pushId, new AbortController().signal);
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
