import { describe, expect, test } from "vitest";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import type { ItemInput } from "./item-input.ts";
import { openItemBody } from "./open-item-body.ts";
import { part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const write = (...items: ItemInput[]) => harness.write(items);
const sized = (partId: string, bytes: number): ItemInput => ({
  ...part("m1", partId),
  body: JSON.stringify("x".repeat(bytes - 2)),
});

describe("one body", () => {
  const open = (seq: number) => openItemBody(harness.context, { ...harness.session, seq });
  const bytesOf = async (seq: number) => Buffer.concat(await (await open(seq)).stream.toArray());

  test.each([2, 65_536, 65_537, 300_000, 3_000_000, 9_000_000])(
    "of %i bytes comes whole",
    async (bytes) => {
      const body = JSON.stringify("é".repeat(bytes / 2)).padEnd(bytes);
      const { lastSeq } = await write({ ...part("m1", "p1"), body });
      expect((await bytesOf(lastSeq)).equals(Buffer.from(body))).toBe(true);
      const { byteSize, stream } = await open(lastSeq);
      stream.destroy();
      expect(byteSize).toBe(Buffer.byteLength(body));
    },
  );

  test("a superseded or deleted position is not found", async () => {
    const first = await write(part("m1", "p1", "one"));
    const second = await write(part("m1", "p1", "two"));
    await expect(open(first.lastSeq)).rejects.toMatchObject({ code: "not_found" });
    expect((await bytesOf(second.lastSeq)).toString()).toContain("two");
    const third = await write({ ...part("m1", "p1"), deleted: true });
    await expect(open(third.lastSeq)).rejects.toMatchObject({ code: "not_found" });
  });

  test("bytes that the store lost are not found, never something else", async () => {
    const before = await harness.context.listKeys();
    const { lastSeq } = await write(sized("p1", 3_000_000));
    await harness.context.blobs.delete(
      (await harness.context.listKeys()).filter((key) => !before.includes(key)),
    );
    await expect(open(lastSeq)).rejects.toMatchObject({ code: "not_found" });
  });

  test("a kill between blob and row leaves the old item whole, and the sweep removes the rest", async () => {
    const { lastSeq } = await write(sized("p1", 3_000_000));
    const keys = await harness.context.listKeys();
    // The write dies where the row would be written: the blob is complete, nobody refers to it.
    const { sql } = harness.context.database;
    await sql`create function die() returns trigger language plpgsql as
      $$begin perform pg_terminate_backend(pg_backend_pid()); return new; end$$`;
    await sql`create trigger die before insert or update on items for each row execute function die()`;
    const body = JSON.stringify("y".repeat(3_000_000));
    await expect(write({ ...part("m1", "p1"), body })).rejects.toMatchObject({
      code: "unavailable",
    });
    await sql`drop function die cascade`;
    expect((await bytesOf(lastSeq)).byteLength).toBe(3_000_000);
    expect(await harness.context.listKeys()).toHaveLength(keys.length + 1);
    await sql`update blobs set lease_until = now() - interval '1 second'`;
    await sweepBlobs(harness.context, { graceMs: -1_000 });
    expect(await harness.context.listKeys()).toEqual(keys);
    expect((await bytesOf(lastSeq)).byteLength).toBe(3_000_000);
  });
});
