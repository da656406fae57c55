import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { commitSegments, putSegment } from "./append-steps.ts";
import type { BlobStore } from "./blob-store.ts";
import { chunksOf } from "./testing/chunks-of.ts";
import { sha256, useAppendTest } from "./testing/use-append-test.ts";

const { harness, create, append, complete, readLayout } = useAppendTest();

describe("a segment whose transaction goes on", () => {
  const twoSegments = () => chunksOf(randomBytes(2_000), 500);

  /** None but the first of four is durable before its transaction begins, which goes on when all are. */
  function holdFirstOfFour(count: (addedBytes: number) => void) {
    const isFirstBegun = createDeferred<void>();
    const areAllPut = createDeferred<void>();
    let [begunCount, putCount] = [0, 0];
    const blobs: BlobStore = {
      ...harness.context.blobs,
      async put(...args) {
        const isFirst = (begunCount += 1) === 1;
        const stored = await harness.context.blobs.put(...args);
        if (!isFirst) await isFirstBegun.promise;
        if ((putCount += 1) === 4) areAllPut.resolve();
        return stored;
      },
    };
    const charge = async (_: TransactionSql, addedBytes: number) => {
      isFirstBegun.resolve();
      await areAllPut.promise;
      count(addedBytes);
    };
    return { blobs, charge };
  }

  test("does not hold up the next one on its way to the store", async () => {
    const blobId = await create();
    const isSecondPut = createDeferred<void>();
    let puts = 0;
    const blobs: BlobStore = {
      ...harness.context.blobs,
      async put(...args) {
        const stored = await harness.context.blobs.put(...args);
        if ((puts += 1) === 2) isSecondPut.resolve();
        return stored;
      },
    };
    const charge = () => isSecondPut.promise;
    expect(await append(blobId, { offset: 0, source: twoSegments(), charge }, blobs)).toBe(2_000);
    expect(await readLayout(blobId)).toEqual({ segments: [1_000, 1_000], rows: [] });
  });

  test("leaves to the next one all that became durable meanwhile", async () => {
    const blobId = await create();
    const content = randomBytes(4_000);
    const charged: number[] = [];
    const told: number[] = [];
    const { blobs, charge } = holdFirstOfFour((addedBytes) => charged.push(addedBytes));
    const onStored = (offset: number) => told.push(offset);
    await append(blobId, { offset: 0, source: chunksOf(content, 500), charge, onStored }, blobs);
    expect(charged).toEqual([1_000, 3_000]);
    expect(told).toEqual([1_000, 4_000]);
    expect((await readLayout(blobId)).segments).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect((await complete(blobId)).sha256).toBe(sha256(content));
    expect((await harness.read(blobId)).equals(content)).toBe(true);
  });

  test("keeps of those that there is no room for together what there is room for (#6)", async () => {
    const blobId = await create();
    let chargedBytes = 0;
    const told: number[] = [];
    const { blobs, charge } = holdFirstOfFour((addedBytes) => {
      if (chargedBytes + addedBytes > 2_500) throw new AppError("too_large", "It is full");
      chargedBytes += addedBytes;
    });
    const onStored = (offset: number) => told.push(offset);
    const source = chunksOf(randomBytes(4_000), 500);
    const appending = append(blobId, { offset: 0, source, charge, onStored }, blobs);
    await expect(appending).rejects.toThrow("It is full");
    expect([told, chargedBytes]).toEqual([[1_000, 2_000], 2_000]);
    expect(await readLayout(blobId)).toEqual({ segments: [1_000, 1_000], rows: [] });
    expect(await harness.context.listKeys()).toHaveLength(2);
  });

  test("and is refused ends the appending at once, and leaves nothing in the store", async () => {
    const blobId = await create();
    async function* parked() {
      yield* twoSegments();
      yield randomBytes(10);
      await new Promise(() => {});
    }
    const charge = async () => {
      throw new AppError("too_large", "No room");
    };
    await expect(append(blobId, { offset: 0, source: parked(), charge })).rejects.toThrow(
      "No room",
    );
    expect(await readLayout(blobId)).toEqual({ segments: [], rows: [] });
    expect(await harness.context.listKeys()).toEqual([]);
  });
});

describe("a segment that the store has taken", () => {
  test("and cannot make durable ends the appending, with whole segments before it and nothing behind", async () => {
    const blobId = await create();
    const content = randomBytes(4_000);
    const isThirdPut = createDeferred<void>();
    let puts = 0;
    const blobs: BlobStore = {
      ...harness.context.blobs,
      async put(key, source, options) {
        const n = (puts += 1);
        const stored = await harness.context.blobs.put(key, source, options);
        options?.onTaken?.();
        if (n === 3) isThirdPut.resolve();
        if (n !== 2) return stored;
        await isThirdPut.promise;
        await harness.context.blobs.delete([key]);
        throw new AppError("unavailable", "The disk has failed");
      },
    };
    const told: number[] = [];
    const onStored = (offset: number) => told.push(offset);
    const source = chunksOf(content, 500);
    await expect(append(blobId, { offset: 0, source, onStored }, blobs)).rejects.toThrow(
      "The disk has failed",
    );
    expect(told).toEqual([1_000]);
    expect(await readLayout(blobId)).toEqual({ segments: [1_000], rows: [] });
    expect(await harness.context.listKeys()).toHaveLength(1);

    const rest = chunksOf(content.subarray(1_000), 700);
    await append(blobId, { offset: 1_000, source: rest });
    expect((await complete(blobId)).sha256).toBe(sha256(content));
  });
});

describe("the transaction of a segment", () => {
  const source = () => chunksOf(randomBytes(2_000), 500);

  test("that fails in passing is made again", async () => {
    const blobId = await create();
    let isBroken = true;
    const charge = async () => {
      if (!isBroken) return;
      isBroken = false;
      throw Object.assign(new Error("deadlock detected"), { code: "40P01" });
    };
    expect(await append(blobId, { offset: 0, source: source(), charge })).toBe(2_000);
    expect(await readLayout(blobId)).toEqual({ segments: [1_000, 1_000], rows: [] });
  });

  test("that is refused says why, also where the store cannot remove what it holds", async () => {
    const blobId = await create();
    const charge = async () => {
      throw new AppError("too_large", "No room");
    };
    const blobs: BlobStore = {
      ...harness.context.blobs,
      delete: () => Promise.reject(new Error("the store is down")),
    };
    await expect(append(blobId, { offset: 0, source: source(), charge }, blobs)).rejects.toThrow(
      "No room",
    );
  });

  test("whose answer was lost is not made twice", async () => {
    const blobId = await create();
    const from = { bytes: 0, tailBytes: 0, segmentCount: 0 };
    const services = harness.context;
    const blob = { services, blobId, leaseMs: 60_000 };
    const chunks = [randomBytes(1_000), randomBytes(1_000)];
    const segments = await Promise.all(
      chunks.map((chunk, n) => {
        const piece = { chunks: [chunk], bytes: 1_000 };
        return putSegment(blob, { ...from, segmentCount: n }, { piece });
      }),
    );
    const sql = new Proxy(services.database.sql, {
      get: (target, name) => (name === "begin" && !isLost ? loseAnswer : Reflect.get(target, name)),
    });
    let isLost = false;
    const loseAnswer = async (work: (tx: TransactionSql) => Promise<void>) => {
      isLost = true;
      await services.database.sql.begin(work);
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    };
    const database = { ...services.database, sql };
    const lossy = { ...blob, services: { ...services, database } };
    await commitSegments(lossy, from, { segments, sha256: null });
    expect(isLost).toBe(true);
    expect((await harness.read(blobId)).equals(Buffer.concat(chunks))).toBe(true);
  });
});

test("bytes that were hashed and could not be stored are in no hash", async () => {
  const blobId = await create();
  let isBroken = true;
  const charge = async () => {
    if (isBroken) throw new AppError("too_large", "No room");
  };
  const source = (text: string) => chunksOf(Buffer.from(text));
  await expect(append(blobId, { offset: 0, source: source("lost"), charge })).rejects.toThrow(
    "No room",
  );
  isBroken = false;
  await append(blobId, { offset: 0, source: source("kept"), charge });
  isBroken = true;
  await expect(append(blobId, { offset: 4, source: source("lost"), charge })).rejects.toThrow(
    "No room",
  );
  isBroken = false;
  await append(blobId, { offset: 4, source: source(" too"), charge });
  expect((await complete(blobId)).sha256).toBe(sha256(Buffer.from("kept too")));
});

describe("several writers at one offset", () => {
  test("one of them wins, the bytes are its own", async () => {
    const blobId = await create();
    const contents = Array.from({ length: 4 }, () => randomBytes(2_500));
    const results = await Promise.allSettled(
      contents.map((bytes) => append(blobId, { offset: 0, source: chunksOf(bytes, 500) })),
    );
    const winners = contents.filter((_, index) => results[index]?.status === "fulfilled");
    expect(winners).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "conflict" });
    expect((await harness.read(blobId)).equals(winners[0]!)).toBe(true);
    expect((await complete(blobId)).sha256).toBe(sha256(winners[0]!));
    expect(await harness.context.listKeys()).toHaveLength(3);
  });

  test("one that hangs does not hold up the next, and stores nothing more when it wakes", async () => {
    const blobId = await create();
    const hanging = createDeferred<void>();
    const woken = createDeferred<void>();
    async function* stale() {
      yield Buffer.from("old");
      hanging.resolve();
      await woken.promise;
      yield Buffer.from("old");
    }
    const old = append(blobId, { offset: 0, source: stale() });
    await hanging.promise;
    await append(blobId, { offset: 0, source: chunksOf(Buffer.from("new")) });
    woken.resolve();
    await expect(old).rejects.toMatchObject({ code: "conflict", details: { offset: 3 } });
    expect((await harness.read(blobId)).toString()).toBe("new");
  });

  test("completing and appending at one time: what is in is whole up to where it ends", async () => {
    for (let round = 0; round < 10; round += 1) {
      const blobId = await create();
      const first = randomBytes(600);
      await append(blobId, { offset: 0, source: chunksOf(first) });
      const second = randomBytes(600);
      const [appended, completed, again] = await Promise.allSettled([
        append(blobId, { offset: 600, source: chunksOf(second) }),
        complete(blobId),
        complete(blobId),
      ]);
      for (const one of [appended, completed, again])
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "conflict" });
      const { bytes, sha256: hash } = await complete(blobId);
      // An append of two steps, to the end of a segment and behind it, may have come as far as the first.
      expect(appended.status === "fulfilled" ? [1_200] : [600, 1_000]).toContain(bytes);
      const whole = Buffer.concat([first, second]).subarray(0, bytes);
      expect(hash).toBe(sha256(whole));
      expect((await harness.read(blobId)).equals(whole)).toBe(true);
    }
  });
});
