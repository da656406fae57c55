import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import type { BlobStore } from "#server/blobs/blob-store.ts";
import { part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { writeItems } from "./write-items.ts";

const harness = useItemsTest();

describe("bodies", () => {
  const unusual = [
    '{"text":"\\u0000 and \\ud800 and \\uDFFF"}',
    '{"__proto__":{"a":1},"constructor":2}',
    '{"a":1,"a":2,"a":3}',
    '{"n":1.10,"big":12345678901234567890123,"e":1E400,"zero":-0}',
    ' { "spaced" :\t[ ] }\r\n',
    '"\u2028\ufeff🦉"',
    "\ufeff{}",
    "null",
  ];

  test.each(unusual)("%j is stored byte for byte, as text and as bytes", async (body) => {
    const bytes = new TextEncoder().encode(body);
    await harness.write([
      { ...part("m1", "p1"), body },
      { ...part("m1", "p2"), body: bytes, envelope: body },
    ]);
    const rows = await harness.readRows();
    expect(rows.map((row) => row.body)).toEqual([body, body]);
    expect(rows.map((row) => row.envelope)).toEqual([null, body]);
    expect(rows[0]!.byteSize).toBe(bytes.byteLength);
    expect(rows[0]!.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("an envelope that changes is a change", async () => {
    await harness.write([part("m1", "p1")]);
    expect(await harness.outcomes([{ ...part("m1", "p1"), envelope: '{"v":2}' }])).toEqual([
      "stored",
    ]);
    expect(await harness.outcomes([{ ...part("m1", "p1"), envelope: '{"v":2}' }])).toEqual([
      "unchanged",
    ]);
  });

  test("a body of exactly the limit is inline, a larger one is a blob with a preview", async () => {
    const bodyOf = (bytes: number) =>
      JSON.stringify("é".repeat(bytes / 2 - 1)).padEnd(bytes - (bytes / 2 - 1));
    const [inline, large] = [bodyOf(INLINE_ITEM_MAX_BYTES), bodyOf(INLINE_ITEM_MAX_BYTES + 2)];
    expect(Buffer.byteLength(inline)).toBe(INLINE_ITEM_MAX_BYTES);
    await harness.write([
      { ...part("m1", "p1"), body: inline },
      { ...part("m1", "p2"), body: large },
      part("m1", "p3"),
    ]);
    const rows = await harness.readRows();
    expect(rows.map((row) => [row.partId, row.blobId !== null])).toEqual([
      ["p1", false],
      ["p2", true],
      ["p3", false],
    ]);
    expect(large.startsWith(rows[1]!.preview!)).toBe(true);
    expect(Buffer.byteLength(rows[1]!.preview!)).toBe(8_191);
    const [blob] = await harness.context.database
      .sql`select * from blobs where id = ${rows[1]!.blobId}`;
    expect(blob).toMatchObject({
      state: "complete",
      purpose: "item",
      sha256: rows[1]!.sha256,
    });
  });
});

describe("blobs of items", () => {
  const large = (fill: string) => ({
    ...part("m1", "p1"),
    body: JSON.stringify(fill.repeat(3_000_000)),
  });
  const sessionBlobs = () =>
    harness.context.database
      .sql`select state from blobs where session_id = ${harness.session.sessionId}`;

  test("the blob of a replaced body is removed, row and bytes", async () => {
    const before = (await harness.context.listKeys()).length;
    await harness.write([large("a")]);
    await harness.write([large("b")]);
    expect(await sessionBlobs()).toHaveLength(1);
    expect(await harness.context.listKeys()).toHaveLength(before + 1);
    await harness.write([part("m1", "p1", "small again")]);
    expect(await sessionBlobs()).toHaveLength(0);
    expect(await harness.context.listKeys()).toHaveLength(before);
  });

  test("a deletion removes the body", async () => {
    await harness.write([large("a")]);
    await harness.write([{ ...part("m1", "p1"), deleted: true }]);
    expect(await sessionBlobs()).toHaveLength(0);
    expect(await harness.readRows()).toMatchObject([{ deleted: true, body: null, blobId: null }]);
  });

  test("neither an equal nor a stale body writes a blob", async () => {
    await harness.write([large("a")], { received: 5 });
    const keys = await harness.context.listKeys();
    expect(await harness.outcomes([large("a")], { received: 6 })).toEqual(["unchanged"]);
    expect(await harness.outcomes([large("b")], { received: 4 })).toEqual(["stale"]);
    expect(await harness.context.listKeys()).toEqual(keys);
  });

  test("two writers of one large item leave one blob and no bytes of the other", async () => {
    const before = (await harness.context.listKeys()).length;
    await Promise.all([
      harness.write([large("a")]),
      harness.write([large("b")]),
      harness.write([large("c")]),
    ]);
    expect(await sessionBlobs()).toEqual([{ state: "complete" }]);
    expect(await harness.context.listKeys()).toHaveLength(before + 1);
  });

  test("a session that is deleted while the body is stored keeps neither row nor bytes", async () => {
    const before = (await harness.context.listKeys()).length;
    const blobs = {
      ...harness.context.blobs,
      put: async (...args: Parameters<BlobStore["put"]>) => {
        await harness.context.database
          .sql`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
        return harness.context.blobs.put(...args);
      },
    };
    const written = writeItems(
      { ...harness.context, blobs },
      { ...harness.session, items: [large("a")] },
    );
    await expect(written).rejects.toMatchObject({ code: "gone" });
    expect(await harness.readRows()).toEqual([]);
    expect(await sessionBlobs()).toEqual([]);
    expect(await harness.context.listKeys()).toHaveLength(before);
  });

  test("a store that fails stores no row and answers unavailable", async () => {
    const blobs = {
      ...harness.context.blobs,
      put: () => Promise.reject(new AppError("unavailable", "boom")),
    };
    const written = writeItems(
      { ...harness.context, blobs },
      { ...harness.session, items: [part("m1", "p0"), large("a")] },
    );
    await expect(written).rejects.toMatchObject({ code: "unavailable" });
    expect((await harness.readRows()).map((row) => row.partId)).toEqual(["p0"]);
    expect(await sessionBlobs()).toEqual([{ state: "incomplete" }]);
  });
});
