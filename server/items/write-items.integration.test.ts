import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ITEM_BATCH_MAX_COUNT } from "#lib/limits.ts";
import { createGate, message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

describe("order", () => {
  test("items get ascending positions in the order of the write, and the session knows the last one", async () => {
    const { results, lastSeq } = await harness.write([
      message("m1"),
      part("m1", "p1"),
      part("m1", "p2"),
    ]);
    const rows = await harness.readRows();
    expect(results.map((result) => result.outcome)).toEqual(["stored", "stored", "stored"]);
    expect(rows.map((row) => row.partId)).toEqual(["", "p1", "p2"]);
    expect(new Set(rows.map((row) => row.seq)).size).toBe(3);
    expect(rows.at(-1)!.seq).toBe(lastSeq);
    expect(Number((await harness.readSession())["last_seq"])).toBe(lastSeq);
  });

  test("an update moves the item in the change log and keeps its first position", async () => {
    await harness.write([part("m1", "p1", "one"), part("m1", "p2", "two")]);
    const [before] = await harness.readRows();
    await harness.write([part("m1", "p1", "one, longer")]);
    const rows = await harness.readRows();
    expect(rows.map((row) => row.partId)).toEqual(["p2", "p1"]);
    expect(rows[1]!.firstSeq).toBe(before!.firstSeq);
  });

  test("more items than a batch holds keep their order, at every count around the limits", async () => {
    for (const beyond of [-1, 0, 1, ITEM_BATCH_MAX_COUNT + 44]) {
      const count = ITEM_BATCH_MAX_COUNT + beyond;
      await harness.startSession();
      const items = Array.from({ length: count }, (_, n) => part("m1", `p${n}`));
      const { results } = await harness.write(items);
      expect(results).toHaveLength(count);
      expect((await harness.readRows()).map((row) => row.partId)).toEqual(
        items.map((item) => item.partId),
      );
    }
  });

  test("two writes that overlap become visible one after the other, never in between", async () => {
    const { sql } = harness.context.database;
    const first = createGate();
    const release = createGate();
    const holder = sql.begin(async (tx) => {
      await tx`select from sessions where id = ${harness.session.sessionId} for no key update`;
      first.open();
      await release.opened;
    });
    await first.opened;
    const writes = ["a", "b", "c"].map((name) =>
      harness.write(Array.from({ length: 5 }, (_, n) => part(name, `${name}${n}`))),
    );
    const seen: number[][] = [];
    const watch = async () => {
      while ((seen.at(-1)?.length ?? 0) < 15) {
        seen.push((await harness.readRows()).map((row) => row.seq));
      }
    };
    release.open();
    await Promise.all([holder, watch(), ...writes]);
    const all = seen.at(-1)!;
    for (const seqs of seen) expect(seqs).toEqual(all.slice(0, seqs.length));
    for (const seqs of seen) expect(seqs.length % 5).toBe(0);
  });
});

describe("freshness", () => {
  test("an equal body changes nothing and takes no position", async () => {
    const { lastSeq } = await harness.write([part("m1", "p1")]);
    const again = await harness.write([part("m1", "p1")]);
    expect(again.results).toEqual([{ outcome: "unchanged" }]);
    expect(again.lastSeq).toBe(lastSeq);
  });

  test("an older upload that is retried late loses, in both orders", async () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      await harness.startSession();
      for (const received of order)
        await harness.write([part("m1", "p1", `version ${received}`)], { received });
      expect((await harness.readRows()).map((row) => row.body)).toEqual([
        part("m1", "p1", "version 2").body,
      ]);
    }
  });

  test("an old body does not win after an equal one came again with a newer number", async () => {
    await harness.write([part("m1", "p1", "A")], { received: 1 });
    await harness.write([part("m1", "p1", "A")], { received: 3 });
    expect(await harness.outcomes([part("m1", "p1", "B")], { received: 2 })).toEqual(["stale"]);
  });

  test("duplicates in one write that say the same are unchanged, unless something newer is there", async () => {
    const [same, other] = [part("m1", "p1", "A"), part("m1", "p1", "B")];
    expect(await harness.outcomes([same, other, same, same])).toEqual([
      "unchanged",
      "stale",
      "unchanged",
      "stored",
    ]);
    await harness.outcomes([other], { received: 1_000 });
    expect(await harness.outcomes([same, same], { received: 999 })).toEqual(["stale", "stale"]);
  });

  test("of duplicates in one write the last counts, the others are stale", async () => {
    const items = [
      part("m1", "p1", "one"),
      part("m1", "p2"),
      part("m1", "p1", "two"),
      part("m1", "p1", "three"),
    ];
    expect(await harness.outcomes(items)).toEqual(["stale", "stored", "stale", "stored"]);
    expect((await harness.readRows()).find((row) => row.partId === "p1")!.body).toContain("three");
  });

  test("a write that is repeated with its number stores nothing new", async () => {
    const items = [
      message("m1"),
      part("m1", "p1"),
      { ...part("m1", "p2"), body: "\0" },
      part("m1", "p1", "later"),
    ];
    await harness.write(items, { received: 5, firstIndex: 10 });
    const before = [
      await harness.readRows(),
      await harness.readMessages(),
      await harness.readSession(),
    ];
    expect(await harness.outcomes(items, { received: 5, firstIndex: 10 })).toEqual([
      "unchanged",
      "stale",
      "skipped",
      "unchanged",
    ]);
    expect([
      await harness.readRows(),
      await harness.readMessages(),
      await harness.readSession(),
    ]).toEqual(before);
  });

  test("whatever the order and however often writes arrive, the newest of each item remains", async () => {
    const upload = fc.array(
      fc.record({
        id: fc.constantFrom("p1", "p2", "p3"),
        text: fc.constantFrom("A", "B", "C"),
        deleted: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const scenario = fc.array(upload, { minLength: 1, maxLength: 4 }).chain((uploads) =>
      fc.record({
        uploads: fc.constant(uploads),
        deliveries: fc.array(fc.nat(uploads.length - 1), { maxLength: 5 }).chain((repeats) =>
          fc.shuffledSubarray([...uploads.keys(), ...repeats], {
            minLength: uploads.length + repeats.length,
          }),
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(scenario, async ({ uploads, deliveries }) => {
        await harness.startSession();
        const toItem = ({ id, text, deleted }: { id: string; text: string; deleted: boolean }) => ({
          ...part("m", id, text),
          deleted,
        });
        for (const n of deliveries)
          await harness.write(uploads[n]!.map(toItem), { received: n + 1 });
        const expected = new Map<string, string | null>();
        for (const items of uploads)
          for (const item of items)
            expected.set(item.id, item.deleted ? null : String(toItem(item).body));
        const rows = await harness.readRows();
        expect(new Map(rows.map((row) => [row.partId, row.body]))).toEqual(expected);
        const live = rows.filter((row) => !row.deleted);
        expect(await harness.readMessages()).toMatchObject([
          {
            partCount: live.length,
            bytes: live.reduce((sum, row) => sum + row.byteSize, 0),
          },
        ]);
      }),
      { numRuns: 40 },
    );
  });
});
