import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import { chunksOf } from "#server/blobs/testing/chunks-of.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import type { OutputWriter } from "./open-output.ts";
import { deleteOutput } from "./delete-output.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

async function writeAll(writer: OutputWriter, bytes: Uint8Array, chunkBytes = 700): Promise<void> {
  for await (const chunk of chunksOf(bytes, chunkBytes)) await writer.write(chunk);
}

describe("the quota of a session", () => {
  const usedBytes = async () => {
    const [row] = await harness.services.database.sql<{ bytes: number }[]>`
      select output_bytes::int as bytes from sessions where id = ${harness.target.sessionId}`;
    return row!.bytes;
  };

  test("holds for writers that write at one time; what did not fit is incomplete and says why", async () => {
    const quotaBytes = (await usedBytes()) + 5_000;
    const ports = ["a", "b", "c", "d", "e"];
    const writers = await Promise.all(ports.map((port) => harness.open({ port, quotaBytes })));
    const ended = await Promise.allSettled(
      writers.map(async (writer) => {
        try {
          await writeAll(writer, randomBytes(5_000), 500);
        } catch (error) {
          await writer.fail(error);
          throw error;
        }
        return writer.complete();
      }),
    );
    const refused = ended.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: "too_large" } });
    const outputs = await Promise.all(writers.map(({ outputId }) => harness.read(outputId)));
    for (const { state, error } of outputs)
      if (state === "incomplete") expect(error).toContain("may take");
    const storedBytes = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(storedBytes).toBeLessThanOrEqual(5_000);
    expect(await usedBytes()).toBe(quotaBytes - 5_000 + storedBytes);
  });

  test("gets back what another value replaces", async () => {
    const before = await usedBytes();
    const writer = await harness.open({ thresholdBytes: 0 });
    await writeAll(writer, randomBytes(3_500));
    await writer.complete(new Blob(["given"]));
    expect((await usedBytes()) - before).toBe(5);
  });

  test("what another value replaces may stay in the store for the sweeper: the new value is there", async () => {
    const { services } = harness;
    const lame = {
      ...services.blobs,
      delete: () => Promise.reject(new Error("the store is down")),
    };
    const writer = await harness.open({ thresholdBytes: 0 }, { ...services, blobs: lame });
    await writeAll(writer, randomBytes(3_500));
    const { outputId } = await writer.complete(new Blob(["given"]));
    expect(await harness.read(outputId)).toMatchObject({ state: "complete", bytes: 5 });
    await deleteOutput({ ...services, blobs: lame }, { ...harness.target, outputId });
    await expect(harness.read(outputId)).rejects.toMatchObject({ code: "not_found" });
    const left = await harness.blobs.context.listKeys();
    await sweepBlobs(services);
    expect((await harness.blobs.context.listKeys()).length).toBeLessThan(left.length);
  });

  test("has a number of outputs, too", async () => {
    const { sql } = harness.services.database;
    const { sessionId } = harness.target;
    await sql`update sessions set output_count = 10_000 where id = ${sessionId}`;
    await expect(harness.open()).rejects.toMatchObject({
      code: "too_large",
      details: { outputsMax: 10_000 },
    });
    await sql`update sessions set output_count = 9_999 where id = ${sessionId}`;
    await (await harness.open()).complete();
    await expect(harness.open()).rejects.toMatchObject({ code: "too_large" });
  });
});

describe("an output that nobody writes any more", () => {
  test("a producer that is silent for longer than the lease keeps it", async () => {
    const writer = await harness.open({ leaseMs: 200 });
    const leaseEnd = async () => Date.parse((await harness.blobs.readRows())[0]!.leaseUntil);
    const first = await leaseEnd();
    await expect.poll(leaseEnd, { interval: 20 }).toBeGreaterThan(first + 300);
    expect(await sweepBlobs(harness.services)).toMatchObject({ incompleteCount: 0 });
    await writer.write(Buffer.from("late"));
    expect(await writer.complete()).toMatchObject({ state: "complete", bytes: 4 });
  });

  test("the sweep ends it, keeps its bytes, and leaves no orphan", async () => {
    const bytes = randomBytes(2_000);
    const writer = await harness.open();
    await writeAll(writer, bytes, 1_000);
    await expect.poll(async () => (await harness.read(writer.outputId)).bytes).toBe(2_000);
    const { seq } = await harness.read(writer.outputId);
    await harness.blobs.expire();
    const told: DurableNews[] = [];
    const tell = (...news: DurableNews[]) => void told.push(...news);
    expect(await sweepBlobs(harness.services, { graceMs: -1_000, tell })).toMatchObject({
      incompleteCount: 1,
      fileCount: 0,
      blobCount: 0,
    });
    const output = await harness.read(writer.outputId);
    expect(output).toMatchObject({ state: "incomplete", bytes: 2_000 });
    expect(output.seq).toBeGreaterThan(seq);
    expect(told).toMatchObject([{ kind: "state", sessionId: harness.target.sessionId }]);
    expect((await harness.bytesOf(writer.outputId)).equals(bytes)).toBe(true);
    await expect(writer.complete()).rejects.toMatchObject({ code: "conflict" });
    const [session] = await harness.services.database.sql`
      select output_count as count, output_bytes::int as bytes from sessions
      where id = ${harness.target.sessionId}`;
    expect(session).toEqual({ count: 1, bytes: 2_000 });
  });
  test("one whose row cannot be written is incomplete, and so are its bytes", async () => {
    const { sql } = harness.services.database;
    const writer = await harness.open({ thresholdBytes: 0 });
    await writer.write(randomBytes(2_000));
    await sql`alter table outputs add constraint broken check (state <> 'complete') not valid`;
    try {
      await expect(writer.complete()).rejects.toThrow("broken");
    } finally {
      await sql`alter table outputs drop constraint broken`;
    }
    expect(await harness.read(writer.outputId)).toMatchObject({
      state: "incomplete",
      bytes: 2_000,
    });
    expect(await harness.blobs.readRows()).toMatchObject([{ state: "incomplete" }]);
  });
});
