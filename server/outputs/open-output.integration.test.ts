import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { UNKNOWN_MIME } from "#lib/guess-mime.ts";
import { chunksOf } from "#server/blobs/testing/chunks-of.ts";
import type { OutputWriter } from "./open-output.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function writeAll(writer: OutputWriter, bytes: Uint8Array, chunkBytes = 700): Promise<void> {
  for await (const chunk of chunksOf(bytes, chunkBytes)) await writer.write(chunk);
}

const valueOf = async (outputId: string) => {
  const [row] = await harness.services.database.sql<{ value: Buffer | null }[]>`
    select value from outputs where id = ${outputId}`;
  return row?.value ?? null;
};

describe("what becomes of an output", () => {
  test.each([0, 1, 65_535])(
    "%i bytes lie in their row, and nothing of them elsewhere",
    async (count) => {
      const bytes = randomBytes(count);
      const writer = await harness.open({ segmentBytes: undefined });
      await writeAll(writer, bytes);
      const output = await writer.complete();
      expect(output).toMatchObject({
        state: "complete",
        isInline: true,
        bytes: count,
        error: null,
      });
      expect(output.sha256).toBe(sha256(bytes));
      expect((await valueOf(writer.outputId))?.equals(bytes)).toBe(true);
      expect(await harness.blobs.readRows()).toEqual([]);
      expect(await harness.blobs.context.listKeys()).toEqual([]);
    },
  );

  test.each([
    [65_536, undefined],
    [17_000_001, undefined],
    [0, 0],
    [3, 0],
    [3_500, 2_000],
  ])("%i bytes at a threshold of %s are a reference", async (count, thresholdBytes) => {
    const bytes = randomBytes(count);
    const writer = await harness.open({ segmentBytes: undefined, thresholdBytes });
    await writeAll(writer, bytes, 65_000);
    const output = await writer.complete();
    expect(output).toMatchObject({ state: "complete", isInline: false, bytes: count });
    expect(output.sha256).toBe(sha256(bytes));
    expect((await harness.bytesOf(writer.outputId)).equals(bytes)).toBe(true);
    expect(await harness.blobs.readRows()).toMatchObject([{ state: "complete" }]);
  });

  test("a value that is given at the end wins, and what was streamed is thrown away", async () => {
    const writer = await harness.open({ thresholdBytes: 0 });
    await writeAll(writer, randomBytes(3_500));
    const output = await writer.complete(new Blob(["given"], { type: "text/x-given" }));
    expect(output).toMatchObject({ state: "complete", bytes: 5, mime: "text/x-given" });
    expect((await harness.bytesOf(writer.outputId)).toString()).toBe("given");
    expect(await harness.blobs.readRows()).toHaveLength(1);
    expect(await harness.blobs.context.listKeys()).toHaveLength(1);
  });

  test("one of unknown type is text when its first KiB is, in whatever pieces that comes", async () => {
    const writer = await harness.open({ mime: UNKNOWN_MIME, isMimeGuessed: true });
    const mimes: string[] = [];
    for (const piece of ["", "PK", "\x03", "PK"]) {
      await writer.write(Buffer.from(piece));
      mimes.push((await harness.read(writer.outputId)).mime);
    }
    expect(mimes).toEqual([UNKNOWN_MIME, "text/plain", UNKNOWN_MIME, UNKNOWN_MIME]);
    expect((await writer.complete()).mime).toBe(UNKNOWN_MIME);
  });

  test("a producer that fails leaves what came, marked incomplete", async () => {
    const bytes = randomBytes(2_500);
    const writer = await harness.open();
    await writeAll(writer, bytes);
    await writer.fail(new Error("secret detail"));
    await writer.fail(new Error("again"));
    const output = await harness.read(writer.outputId);
    expect(output).toMatchObject({ state: "incomplete", bytes: 2_500, sha256: null });
    expect(output.error).toBe("Something went wrong on the server");
    expect((await harness.bytesOf(writer.outputId)).equals(bytes)).toBe(true);
    await expect(writer.write(bytes)).rejects.toMatchObject({ code: "conflict" });
    await expect(writer.complete()).rejects.toMatchObject({ code: "conflict" });
  });

  test("what is stored can be read before the end", async () => {
    const bytes = randomBytes(2_400);
    const writer = await harness.open({ heldMs: 10 });
    await writeAll(writer, bytes);
    await expect
      .poll(async () => (await harness.read(writer.outputId)).bytes, { interval: 10 })
      .toBe(2_400);
    expect(await harness.read(writer.outputId)).toMatchObject({ state: "writing", endedAt: null });
    expect((await harness.bytesOf(writer.outputId)).equals(bytes)).toBe(true);
    await expect
      .poll(() => harness.events.at(-1))
      .toMatchObject({ type: "output", port: "file", bytes: 2_400 });
    await writer.complete();
  });

  test("storage that fails rejects the producer, a parked one too, and the output is incomplete", async () => {
    const { blobs } = harness.services;
    const broken = { ...blobs, put: () => Promise.reject(new Error("disk full")) };
    const put = blobs.put;
    Object.assign(harness.blobs.context.blobs, broken);
    try {
      const writer = await harness.open();
      const written = (async () => {
        for (;;) await writer.write(randomBytes(700));
      })();
      await expect(written).rejects.toThrow("disk full");
      await expect(writer.complete()).rejects.toThrow("disk full");
      expect(await harness.read(writer.outputId)).toMatchObject({ state: "incomplete" });
    } finally {
      Object.assign(harness.blobs.context.blobs, { put });
    }
  });
});

describe("whose it is", () => {
  test("a port has one writer at one time; written again it is the next one", async () => {
    const first = await harness.open();
    await expect(harness.open()).rejects.toMatchObject({ code: "conflict" });
    await first.complete();
    const second = await harness.open();
    await second.complete();
    expect((await harness.read(first.outputId)).n).toBe(0);
    expect((await harness.read(second.outputId)).n).toBe(1);
  });

  test("of writers that come at one time one wins", async () => {
    const opened = await Promise.allSettled([1, 2, 3, 4].map(() => harness.open()));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of opened) if (one.status === "fulfilled") await one.value.complete();
    expect(await harness.blobs.readRows()).toEqual([]);
  });

  test("equal names in two executions are two outputs", async () => {
    const [one, other] = [await harness.open(), await harness.open({ executionId: "exe_other" })];
    await Promise.all([one.write(Buffer.from("one")), other.write(Buffer.from("other"))]);
    await Promise.all([one.complete(), other.complete()]);
    expect((await valueOf(one.outputId))?.toString()).toBe("one");
    expect((await valueOf(other.outputId))?.toString()).toBe("other");
  });

  test("a deleted session takes no output, and ends the one that is written", async () => {
    const { sql } = harness.services.database;
    const writer = await harness.open();
    await sql`update sessions set deleted_at = now() where id = ${harness.target.sessionId}`;
    await sql`update blobs set state = 'deleting'`;
    const written = (async () => {
      for (;;) await writer.write(randomBytes(700));
    })();
    await expect(written).rejects.toMatchObject({ code: "gone" });
    await expect(writer.complete()).rejects.toMatchObject({ code: "gone" });
    await expect(harness.open({ port: "other" })).rejects.toMatchObject({ code: "gone" });
  });

  test("the quota of a session is of all its outputs, and says how much is taken", async () => {
    const first = await harness.open({ quotaBytes: 5_000 });
    await writeAll(first, randomBytes(3_000));
    await first.complete();
    const announced = harness.open({ port: "second", quotaBytes: 5_000, announcedBytes: 2_001 });
    await expect(announced).rejects.toMatchObject({
      code: "too_large",
      details: { quotaBytes: 5_000, usedBytes: 3_000 },
    });
    const second = await harness.open({ port: "second", quotaBytes: 5_000, announcedBytes: 2_000 });
    await writeAll(second, randomBytes(2_000));
    // What is refused is not taken.
    await expect(second.write(randomBytes(1))).rejects.toMatchObject({
      code: "too_large",
      details: { usedBytes: 5_000 },
    });
    await second.fail(new Error("too much"));
    await expect(harness.open({ port: "third", quotaBytes: 5_000 })).rejects.toMatchObject({
      code: "too_large",
    });
  });
});
