import { mkdir, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createPushId } from "#lib/ids.ts";
import { findCheckpoint } from "#server/checkpoints/find-checkpoint.ts";
import { transact } from "#server/live/transact.ts";
import { type GoneHosts, HOST_GONE_MS, keepPushes } from "./keep-pushes.ts";
import { hostPushQueue, pushBranchJob } from "./push-branch-job.ts";
import { findLastPush } from "./read-push.ts";
import { removeForgotten } from "./scratch-repository.ts";
import { usePushHost } from "./testing/use-push-host.ts";

vi.setConfig({ testTimeout: 60_000 });
/** A session that has nothing to do is kept at once. */
const host = usePushHost({ IDLE_TIMEOUT_MS: "1" });

const goneQueue = hostPushQueue("hst_gone");
const key = (sessionId: string) => ({ sessionId, generation: 1 });

/** As looks of that long ago have noted it. */
const goneFor = (ms: number): GoneHosts => new Map([[goneQueue, performance.now() - ms]]);

/** A session whose files are on its host and nowhere else. */
async function startUnkept(): Promise<string> {
  const { sql } = host.server.services.database;
  const sessionId = await host.startIdle();
  await vi.waitFor(async () => expect(await findCheckpoint(sql, key(sessionId))).not.toBeNull(), {
    timeout: 30_000,
    interval: 50,
  });
  await sql`update checkpoints set state = 'writing'`;
  return sessionId;
}

/** A push of that age, whose job is on the queue of a host that is gone, or nowhere. */
async function leavePush(
  sessionId: string,
  { isQueued, ageSeconds = 0 }: { isQueued: boolean; ageSeconds?: number },
): Promise<string> {
  const { services } = host.server;
  const pushId = createPushId();
  await transact(services, async (tx) => {
    await tx`
      insert into branch_pushes (id, session_id, generation, branch, message, status, created_at)
      values (${pushId}, ${sessionId}, 1, 'left', 'Left', 'waiting',
        now() - make_interval(secs => ${ageSeconds}))`;
    if (!isQueued) return;
    await services.queue.enqueue(pushBranchJob, { pushId }, { tx, queueName: goneQueue });
  });
  return pushId;
}

test("a push that waits for a host that is gone goes on from the checkpoint", async () => {
  const sessionId = await host.startIdle();
  const { sql } = host.server.services.database;
  await vi.waitFor(async () => expect(await findCheckpoint(sql, key(sessionId))).not.toBeNull(), {
    timeout: 30_000,
    interval: 50,
  });
  await rm(host.foldersOf(sessionId).basePath, { recursive: true });
  const pushId = await leavePush(sessionId, { isQueued: true });
  await keepPushes(host.server.services, new Map());
  expect(await host.ended(sessionId)).toMatchObject({ pushId, status: "done", failure: null });
  expect(await host.origin.git("show", "left:by-agent.txt")).toContain("Written by");
});

test("a push whose only host is gone ends within minutes, and is asked for again once that is back", async () => {
  const { services } = host.server;
  const { sql } = services.database;
  const sessionId = await startUnkept();
  const pushId = await leavePush(sessionId, { isQueued: true });
  // It stood behind another one: that tells nothing of the host.
  await sql`
    update pgboss.job set start_after = now() - interval '10 minutes'
    where data ->> 'pushId' = ${pushId}`;
  const goneHosts: GoneHosts = new Map();
  await keepPushes(services, goneHosts);
  expect([...goneHosts.keys()]).toEqual([goneQueue]);
  expect(await findLastPush(sql, key(sessionId))).toMatchObject({ status: "waiting" });
  await keepPushes(services, goneFor(HOST_GONE_MS + 1_000));
  expect(await host.ended(sessionId)).toMatchObject({
    pushId,
    status: "failed",
    failure: { reason: "files", message: expect.stringContaining("does not answer") },
  });
  expect(await sql`select 1 from pgboss.job where name = ${goneQueue}`).toHaveLength(0);
  expect(await host.pushed(sessionId)).toMatchObject({ status: "done" });
});

test("a host that comes back is not gone any more, and a push that it has taken in the meantime goes on", async () => {
  const { services } = host.server;
  const { sql } = services.database;
  const sessionId = await startUnkept();
  const pushId = await leavePush(sessionId, { isQueued: true });
  await sql`
    insert into processes (id, host_id, lock_key, roles, slots)
    values ('prc_back', 'hst_gone', 1, 'worker', 1)`;
  const goneHosts = goneFor(HOST_GONE_MS + 1_000);
  await keepPushes(services, goneHosts);
  expect(goneHosts.size).toBe(0);
  await sql`delete from processes where id = 'prc_back'`;

  const { kept } = await sql.begin(async (tx) => {
    await tx`update pgboss.job set state = 'active' where data ->> 'pushId' = ${pushId}`;
    const keeping = keepPushes(services, goneFor(HOST_GONE_MS + 1_000));
    await vi.waitFor(
      async () =>
        expect(
          await sql`
            select 1 from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'
              and query like '%delete from pgboss.job%'`,
        ).not.toHaveLength(0),
      { timeout: 20_000, interval: 25 },
    );
    return { kept: keeping };
  });
  await kept;
  expect(await findLastPush(sql, key(sessionId))).toMatchObject({ pushId, status: "waiting" });
});

test("a push that is asked for again under its id is that push, whatever has become of it", async () => {
  const sessionId = await host.startIdle();
  const other = await host.startIdle();
  const pushId = createPushId();
  const first = await host.pushed(sessionId, { pushId, branch: "one", message: "One" });
  expect(first).toMatchObject({ pushId, status: "done" });
  expect((await host.pushed(sessionId, { branch: "two" })).branch).toBe("two");
  expect(await host.push(sessionId, { pushId, branch: "one", message: " One " })).toEqual(first);
  expect(await host.push(sessionId, { pushId })).toEqual(first);
  const used = { code: "conflict", details: { field: "pushId" } };
  await expect(host.push(sessionId, { pushId, branch: "two" })).rejects.toMatchObject(used);
  await expect(host.push(other, { pushId })).rejects.toMatchObject(used);
});

test("a push that nobody works at any more ends, and one that is under way goes on", async () => {
  const { services } = host.server;
  const { sql } = services.database;
  const sessionId = await host.startIdle();
  await leavePush(sessionId, { isQueued: false });
  await keepPushes(services, new Map());
  expect((await host.ended(sessionId)).failure).toMatchObject({ reason: "other" });

  await sql`delete from branch_pushes`;
  await leavePush(sessionId, { isQueued: true, ageSeconds: 3_600 });
  const late = { status: "failed", failure: { message: "It did not end in time" } };
  expect(await findLastPush(sql, key(sessionId))).toMatchObject({
    ...late,
    endedAt: expect.any(String),
  });
  await keepPushes(services, new Map());
  expect(await sql`select 1 from branch_pushes where status = 'waiting'`).toHaveLength(0);
  expect(await findLastPush(sql, key(sessionId))).toMatchObject(late);

  host.git.hold();
  await host.push(sessionId);
  await keepPushes(services, new Map());
  host.git.release();
  expect(await host.ended(sessionId)).toMatchObject({ status: "done" });
});

test("a second push of a team leaves the other place to others until the first has ended", async () => {
  const first = await host.startIdle();
  const second = await host.startIdle();
  const { sql } = host.server.services.database;
  host.git.hold();
  await host.push(first);
  await vi.waitFor(
    async () =>
      expect(await sql`select 1 from branch_pushes where status = 'running'`).toHaveLength(1),
    { timeout: 20_000, interval: 25 },
  );
  const { pushId } = await host.push(second);
  await vi.waitFor(
    async () =>
      expect(
        await sql`
          select 1 from pgboss.job
          where data ->> 'pushId' = ${pushId} and state = 'created' and start_after > created_on`,
      ).toHaveLength(1),
    { timeout: 20_000, interval: 25 },
  );
  expect(await sql`select 1 from branch_pushes where status = 'running'`).toHaveLength(1);
  host.git.release();
  expect(await host.ended(first)).toMatchObject({ status: "done" });
  expect(await host.ended(second)).toMatchObject({ status: "done", pushId });
});

test("folders that killed processes left go, and those of pushes under way stay", async () => {
  const { dataDir } = host.server;
  const pushes = join(dataDir, "pushes");
  await mkdir(join(pushes, "left/home"), { recursive: true });
  await mkdir(join(pushes, "used"), { recursive: true });
  await utimes(join(pushes, "left"), 0, 0);
  await removeForgotten(dataDir);
  expect(await readdir(pushes)).toEqual(["used"]);
});
