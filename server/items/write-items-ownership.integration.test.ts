import { describe, expect, test } from "vitest";
import { createGate, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

describe("ownership", () => {
  /** Runs out in so many seconds; released when null. */
  const setLease = (fence: number, seconds: number | null) => harness.context.database.sql`
    insert into leases (session_id, fence, process_id, expires_at)
    select ${harness.session.sessionId}, ${fence}, case when seconds is not null then 'process' end,
      now() + seconds * interval '1 second'
    from (values (${seconds}::integer)) as lease(seconds)`;

  test("the owner writes, and a writer without fence writes beside it", async () => {
    await setLease(7, 60);
    expect(await harness.outcomes([part("m1", "p1")], { fence: 7 })).toEqual(["stored"]);
    expect(await harness.outcomes([part("m1", "p2")])).toEqual(["stored"]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["another fence", () => setLease(8, 60)],
    ["a lease that ran out", () => setLease(7, -60)],
    ["a lease that was released", () => setLease(7, null)],
    ["no lease at all", () => Promise.resolve()],
  ])("with %s nothing is written", async (_, prepare) => {
    await prepare();
    await expect(harness.write([part("m1", "p1")], { fence: 7 })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(harness.write([], { fence: 7 })).rejects.toMatchObject({ code: "conflict" });
    expect(await harness.readRows()).toEqual([]);
  });

  test("a take-over that commits while a write waits is seen by the write", async () => {
    await setLease(7, 60);
    const { sql } = harness.context.database;
    const blocked = createGate();
    const release = createGate();
    const takeOver = sql.begin(async (tx) => {
      await tx`select from sessions where id = ${harness.session.sessionId} for no key update`;
      blocked.open();
      await release.opened;
      await tx`update leases set fence = 8 where session_id = ${harness.session.sessionId}`;
    });
    await blocked.opened;
    const written = harness.write([part("m1", "p1")], { fence: 7 });
    written.catch(() => {});
    await harness.waitForLock();
    release.open();
    await takeOver;
    await expect(written).rejects.toMatchObject({ code: "conflict" });
    expect(await harness.readRows()).toEqual([]);
  });

  test("a take-over that begins during a write waits for it", async () => {
    await setLease(7, 60);
    const { sql } = harness.context.database;
    // A trigger holds the write in its middle, after it has looked at the lease.
    await sql`create function hold() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(4711); return new; end'`;
    await sql`create trigger hold before insert on items for each row execute function hold()`;
    try {
      const held = createGate();
      const release = createGate();
      const holder = sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(4711)`;
        held.open();
        await release.opened;
      });
      await held.opened;
      const written = harness.write([part("m1", "p1")], { fence: 7 });
      await harness.waitForLock();
      const order: string[] = [];
      const takeOver =
        sql`update leases set fence = 8 where session_id = ${harness.session.sessionId}`.then(() =>
          order.push("taken over"),
        );
      await harness.waitForLock(2);
      release.open();
      await holder;
      await written.then(() => order.unshift("written"));
      await takeOver;
      expect(order).toEqual(["written", "taken over"]);
      expect(await harness.readRows()).toHaveLength(1);
    } finally {
      await sql`drop function hold cascade`;
    }
  });

  test("a session that is deleted or began again refuses, before and during a write", async () => {
    const { sql } = harness.context.database;
    await harness.write([part("m1", "p1")]);
    await sql`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
    await expect(harness.write([part("m1", "p2")])).rejects.toMatchObject({ code: "gone" });
    await sql`update sessions set deleted_at = null, generation = 2 where id = ${harness.session.sessionId}`;
    await expect(harness.write([part("m1", "p2")])).rejects.toMatchObject({ code: "gone" });
    harness.session = { ...harness.session, generation: 2 };
    expect(await harness.outcomes([part("m1", "p1")])).toEqual(["stored"]);
    expect(await harness.readRows()).toHaveLength(1);
  });

  test("a delete that commits while a write waits wins, and nothing is resurrected", async () => {
    const { sql } = harness.context.database;
    const blocked = createGate();
    const release = createGate();
    const deletion = sql.begin(async (tx) => {
      await tx`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
      await tx`delete from items where session_id = ${harness.session.sessionId}`;
      blocked.open();
      await release.opened;
    });
    await blocked.opened;
    const written = harness.write([part("m1", "p1")]);
    written.catch(() => {});
    await harness.waitForLock();
    release.open();
    await deletion;
    await expect(written).rejects.toMatchObject({ code: "gone" });
    expect(await harness.readRows()).toEqual([]);
  });

  test("a session that does not exist is gone", async () => {
    harness.session = { sessionId: "ses_unknown", generation: 1 };
    await expect(harness.write([part("m1", "p1")])).rejects.toMatchObject({ code: "gone" });
  });
});
