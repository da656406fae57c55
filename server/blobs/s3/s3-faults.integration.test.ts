import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { AppError } from "#lib/errors.ts";
import type { BlobStore } from "../blob-store.ts";
import { createSegmentKey } from "../segment-key.ts";
import {
  startScriptedS3,
  type S3Request,
  type ScriptedS3,
  type Trouble,
} from "../testing/scripted-s3.ts";
import { chunksOf } from "../testing/chunks-of.ts";
import { createByteBudget } from "../byte-budget.ts";
import { createBucket } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import { createS3BlobStore } from "./s3-blob-store.ts";

const MEBIBYTE = 1024 * 1024;
const UNAVAILABLE = { status: 503, code: "SlowDown" };

let server: ScriptedS3;
let store: BlobStore;
let key: string;

beforeEach(async () => {
  server = await startScriptedS3();
  await openStore();
  key = createSegmentKey(randomUUID(), 0);
});
afterEach(() => server.close());

const openStore = async (idleTimeoutMs = 30_000) => {
  store = createS3BlobStore(await createBucket({ ...server.settings, idleTimeoutMs }));
};

/** The first `count` requests that `matches` meets have this trouble. */
const troubleFor = async (
  count: number,
  matches: (request: S3Request) => boolean,
  trouble: Trouble,
) => {
  if (trouble === "silence") await openStore(1_000);
  let left = count;
  server.trouble = (request) => (matches(request) && left-- > 0 ? trouble : null);
};
const isPut = ({ method }: S3Request) => method === "PUT";
const isPart =
  (partNumber: number) =>
  ({ query }: S3Request) =>
    query.get("partNumber") === String(partNumber);
const isCompletion = ({ method, query }: S3Request) => method === "POST" && query.has("uploadId");
const isRead = ({ method }: S3Request) => method === "GET";
const stored = () => server.objects.get(`/bucket/${key}`);
const read = async () => Buffer.concat(await (await store.open(key)).toArray());

describe("one request", () => {
  test("brings plain bytes of known length, without trailers", async () => {
    await store.put(key, chunksOf(Buffer.from("hello")));
    expect(server.requests).toHaveLength(1);
    const { headers, body } = server.requests[0]!;
    expect(headers).toMatchObject({ "content-length": "5" });
    expect(headers).not.toHaveProperty("transfer-encoding");
    expect(headers).not.toHaveProperty("x-amz-trailer");
    expect(headers).not.toHaveProperty("expect");
    expect(body.toString()).toBe("hello");
  });

  test("is enough for 64 MiB of known length; one byte more goes in parts", async () => {
    const bytes = randomBytes(64 * MEBIBYTE + 1);
    const whole = bytes.subarray(1);
    await store.put(key, chunksOf(whole), { byteLength: whole.byteLength });
    expect(server.requests).toHaveLength(1);
    expect(stored()?.equals(whole)).toBe(true);
    key = createSegmentKey(randomUUID(), 1);
    await store.put(key, chunksOf(bytes), { byteLength: bytes.byteLength });
    expect(server.requests.filter(isPut)).toHaveLength(1 + 9);
    expect(stored()?.equals(bytes)).toBe(true);
  });

  test("is not used for what others leave no room to hold", async () => {
    const bytes = randomBytes(10 * MEBIBYTE);
    const bucket = {
      ...(await createBucket(server.settings)),
      held: createByteBudget(25 * MEBIBYTE),
    };
    const narrow = createS3BlobStore(bucket);
    const put = (n: number) =>
      narrow.put(createSegmentKey(randomUUID(), n), chunksOf(bytes), { byteLength: bytes.length });
    await Promise.all([1, 2, 3].map(put));
    expect(server.requests.filter(({ query }) => query.has("uploads"))).toHaveLength(1);
    await Promise.all([4, 5].map(put));
    expect(server.requests.filter(({ query }) => query.has("uploads"))).toHaveLength(1);
  });

  test.each([UNAVAILABLE, "reset", "silence", "done-then-reset"] as const)(
    "is tried again after %j",
    async (trouble) => {
      await troubleFor(1, isPut, trouble);
      await store.put(key, chunksOf(Buffer.from("hello"), 2));
      expect(server.requests).toHaveLength(2);
      expect(stored()?.toString()).toBe("hello");
    },
  );

  test("gives up after three tries, with an error that holds no secret", async () => {
    await troubleFor(Infinity, isPut, UNAVAILABLE);
    const error = await store.put(key, chunksOf(Buffer.from("hello"))).catch((it: AppError) => it);
    expect(error).toMatchObject({ code: "unavailable", details: { status: 503 } });
    expect(server.requests).toHaveLength(3);
    const { message, cause } = error as AppError;
    const text = `${message} ${String(cause)} ${JSON.stringify(cause)}`;
    expect(text).toContain("SlowDown");
    expect(text).not.toMatch(/secret|AWS4|Signature/);
  });

  test("is not tried again when it was refused for good", async () => {
    await troubleFor(1, isPut, { status: 403, code: "AccessDenied" });
    await expect(store.put(key, chunksOf(Buffer.from("x")))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe("an upload in parts", () => {
  const bytes = randomBytes(17 * MEBIBYTE);

  test.each([UNAVAILABLE, "reset", "silence"] as const)(
    "sends only the part again that met %j",
    async (trouble) => {
      await troubleFor(2, isPart(2), trouble);
      expect(await store.put(key, chunksOf(bytes))).toEqual({ bytes: bytes.byteLength });
      expect(server.requests.filter(isPut)).toHaveLength(3 + 2);
      expect(stored()?.equals(bytes)).toBe(true);
    },
  );

  test("is aborted when a part fails for good; nothing stays", async () => {
    await troubleFor(Infinity, isPart(3), UNAVAILABLE);
    await expect(store.put(key, chunksOf(bytes))).rejects.toMatchObject({ code: "unavailable" });
    expect(server.uploads.size).toBe(0);
    expect(stored()).toBeUndefined();
  });

  test("is aborted at once when the signal says so, while the server is silent", async () => {
    const controller = new AbortController();
    server.trouble = (request) => {
      if (!isPart(2)(request)) return null;
      setImmediate(() => controller.abort(new RangeError("enough")));
      return "silence";
    };
    const put = store.put(key, chunksOf(bytes), { signal: controller.signal });
    await expect(put).rejects.toThrow("enough");
    expect(server.uploads.size).toBe(0);
    expect(server.requests.filter(isPart(2))).toHaveLength(1);
  });

  test("has two parts on their way at one time", async () => {
    let open = 0;
    let most = 0;
    server.trouble = async (request) => {
      open += isPut(request) ? 1 : 0;
      most = Math.max(most, open);
      await setTimeout(50);
      open -= isPut(request) ? 1 : 0;
      return null;
    };
    await store.put(key, chunksOf(bytes));
    expect(most).toBe(2);
  });

  const LATE_ERROR = { status: 200, code: "InternalError" };

  test.each([UNAVAILABLE, LATE_ERROR, "reset", "done-then-reset", "silence"] as const)(
    "is stored once although its completion met %j",
    async (trouble) => {
      await troubleFor(1, isCompletion, trouble);
      expect(await store.put(key, chunksOf(bytes))).toEqual({ bytes: bytes.byteLength });
      expect(stored()?.equals(bytes)).toBe(true);
      expect(server.uploads.size).toBe(0);
    },
  );

  describe("among many", () => {
    const content = randomBytes(20 * MEBIBYTE);
    const openNarrow = async (patienceMs: number | null) => {
      const parts = createByteBudget(16 * MEBIBYTE, { patienceMs });
      const narrow = createS3BlobStore({ ...(await createBucket(server.settings)), parts });
      const put = (source: AsyncIterable<Uint8Array>) => {
        const itsKey = createSegmentKey(randomUUID(), 0);
        return narrow.put(itsKey, source).then(() => server.objects.get(`/bucket/${itsKey}`));
      };
      return { parts, put };
    };

    test("reads on only where there is room for its parts, and comes to its end", async () => {
      const { parts, put } = await openNarrow(null);
      const mayAnswer = createDeferred<null>();
      server.trouble = (request) => (isPut(request) ? mayAnswer.promise : null);
      let readBytes = 0;
      async function* counted() {
        for await (const chunk of chunksOf(content)) {
          readBytes += chunk.byteLength;
          yield chunk;
        }
      }
      const all = Array.from({ length: 4 }, () => put(counted()));
      await expect.poll(() => server.requests.filter(isPut).length).toBe(2);
      expect(readBytes).toBeLessThan((16 + 4 * 0.5) * MEBIBYTE);
      mayAnswer.resolve(null);
      for (const object of await Promise.all(all)) expect(object?.equals(content)).toBe(true);
      expect(parts.take(16 * MEBIBYTE)).toBe(true);
    });

    test("is held up by slow ones for a while only, and gives its room back when it fails", async () => {
      const { parts, put } = await openNarrow(20);
      const failing = createDeferred<never>();
      async function* stalled() {
        yield content.subarray(0, MEBIBYTE);
        await failing.promise;
      }
      const slow = Promise.allSettled([put(stalled()), put(stalled())]);
      expect((await put(chunksOf(content)))?.equals(content)).toBe(true);
      failing.reject(new RangeError("the line broke"));
      expect((await slow).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect(parts.take(16 * MEBIBYTE)).toBe(true);
    });
  });

  test("fails when it cannot be completed", async () => {
    await troubleFor(Infinity, isCompletion, UNAVAILABLE);
    await expect(store.put(key, chunksOf(bytes))).rejects.toMatchObject({ code: "unavailable" });
    expect(server.uploads.size).toBe(0);
  });

  test("that cannot even be aborted tells the first error", async () => {
    await troubleFor(Infinity, ({ method }) => method === "DELETE", UNAVAILABLE);
    const broken = async function* () {
      yield* chunksOf(bytes);
      throw new RangeError("the line broke");
    };
    await expect(store.put(key, broken())).rejects.toThrow("the line broke");
  });
});

describe("reading", () => {
  const bytes = randomBytes(3 * MEBIBYTE);
  beforeEach(() => store.put(key, chunksOf(bytes)));

  test("goes on from the next byte when the connection is lost on the way", async () => {
    await troubleFor(2, isRead, { cutAfterBytes: MEBIBYTE });
    expect((await read()).equals(bytes)).toBe(true);
    const ranges = server.requests.filter(isRead).map(({ headers }) => headers.range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges).toHaveLength(3);
    expect(new Set(ranges).size).toBe(3);
  });

  test("fails with unavailable when nothing more comes", async () => {
    await troubleFor(Infinity, isRead, { cutAfterBytes: 0 });
    await expect(read()).rejects.toMatchObject({ code: "unavailable" });
    await troubleFor(Infinity, isRead, "silence");
    await expect(read()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("a server that ignores ranges is not believed", async () => {
    server.trouble = (request) => {
      delete request.headers.range;
      return null;
    };
    await expect(store.open(key, { offset: 5 })).rejects.toMatchObject({ code: "unavailable" });
  });

  test("many readers that leave without reading hold no connection", async () => {
    server.objects.set(`/bucket/${key}`, bytes.subarray(0, 300_000));
    for (let n = 0; n < 300; n += 1) (await store.open(key)).destroy();
    expect(await read()).toHaveLength(300_000);
  });

  test("a reader that leaves while it waits for the next byte ends that request and nothing else", async () => {
    await troubleFor(1, isRead, { silentAfterBytes: 1_000 });
    const stream = await store.open(key);
    await once(stream.resume(), "data");
    await new Promise((resolve) => setImmediate(resolve));
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    await once(stream.destroy(), "close");
    expect((await read()).equals(bytes)).toBe(true);
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
    expect(server.requests.filter(isRead)).toHaveLength(2);
  });

  test("a reader that pauses for longer than connections live misses nothing", async () => {
    await openStore(500);
    const stream = await store.open(key);
    const chunks: Buffer[] = [];
    const pausedMs = Date.now();
    for await (const chunk of stream) {
      if (chunks.length === 0)
        await expect
          .poll(() => Date.now() - pausedMs, { interval: 50, timeout: 10_000 })
          .toBeGreaterThan(1_200);
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});

test("the check at the start does not wait for a silent server", async () => {
  server.trouble = () => "silence";
  const bucket = await createBucket(server.settings);
  await expect(checkBucket(bucket, 200)).rejects.toThrow(/^S3_ENDPOINT: .*within 0.2 s/);
});
