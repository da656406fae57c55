import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { AppError } from "#lib/errors.ts";
import type { S3Request } from "../testing/scripted-s3.ts";
import { useScriptedS3 } from "../testing/use-scripted-s3.ts";
import { chunksOf } from "../testing/chunks-of.ts";
import { createByteBudget } from "../byte-budget.ts";
import { createSegmentKey } from "../segment-key.ts";
import { createBucket } from "./bucket.ts";
import { checkBucket } from "./check-bucket.ts";
import { createS3BlobStore } from "./s3-blob-store.ts";

const MEBIBYTE = 1024 * 1024;
const UNAVAILABLE = { status: 503, code: "SlowDown" };

const s3 = useScriptedS3();
const isPut = ({ method }: S3Request) => method === "PUT";
const isPart =
  (partNumber: number) =>
  ({ query }: S3Request) =>
    query.get("partNumber") === String(partNumber);
const isCompletion = ({ method, query }: S3Request) => method === "POST" && query.has("uploadId");

describe("one request", () => {
  test("brings plain bytes of known length, without trailers", async () => {
    await s3.store().put(s3.key(), chunksOf(Buffer.from("hello")));
    expect(s3.server().requests).toHaveLength(1);
    const { headers, body } = s3.server().requests[0]!;
    expect(headers).toMatchObject({ "content-length": "5" });
    expect(headers).not.toHaveProperty("transfer-encoding");
    expect(headers).not.toHaveProperty("x-amz-trailer");
    expect(headers).not.toHaveProperty("expect");
    expect(body.toString()).toBe("hello");
  });

  test("is enough for 64 MiB of known length; one byte more goes in parts", async () => {
    const bytes = randomBytes(64 * MEBIBYTE + 1);
    const whole = bytes.subarray(1);
    await s3.store().put(s3.key(), chunksOf(whole), { byteLength: whole.byteLength });
    expect(s3.server().requests).toHaveLength(1);
    expect(s3.stored()?.equals(whole)).toBe(true);
    s3.takeNewKey();
    await s3.store().put(s3.key(), chunksOf(bytes), { byteLength: bytes.byteLength });
    expect(s3.server().requests.filter(isPut)).toHaveLength(1 + 9);
    expect(s3.stored()?.equals(bytes)).toBe(true);
  });

  test("is not used for what others leave no room to hold", async () => {
    const bytes = randomBytes(10 * MEBIBYTE);
    const bucket = {
      ...(await createBucket(s3.server().settings)),
      held: createByteBudget(25 * MEBIBYTE),
    };
    const narrow = createS3BlobStore(bucket);
    const put = (n: number) =>
      narrow.put(createSegmentKey(randomUUID(), n), chunksOf(bytes), { byteLength: bytes.length });
    await Promise.all([1, 2, 3].map(put));
    expect(s3.server().requests.filter(({ query }) => query.has("uploads"))).toHaveLength(1);
    await Promise.all([4, 5].map(put));
    expect(s3.server().requests.filter(({ query }) => query.has("uploads"))).toHaveLength(1);
  });

  test.each([UNAVAILABLE, "reset", "silence", "done-then-reset"] as const)(
    "is tried again after %j",
    async (trouble) => {
      await s3.troubleFor(1, isPut, trouble);
      await s3.store().put(s3.key(), chunksOf(Buffer.from("hello"), 2));
      expect(s3.server().requests).toHaveLength(2);
      expect(s3.stored()?.toString()).toBe("hello");
    },
  );

  test("gives up after three tries, with an error that holds no secret", async () => {
    await s3.troubleFor(Infinity, isPut, UNAVAILABLE);
    const error = await s3
      .store()
      .put(s3.key(), chunksOf(Buffer.from("hello")))
      .catch((it: AppError) => it);
    expect(error).toMatchObject({ code: "unavailable", details: { status: 503 } });
    expect(s3.server().requests).toHaveLength(3);
    const { message, cause } = error as AppError;
    const text = `${message} ${String(cause)} ${JSON.stringify(cause)}`;
    expect(text).toContain("SlowDown");
    expect(text).not.toMatch(/secret|AWS4|Signature/);
  });

  test("is not tried again when it was refused for good", async () => {
    await s3.troubleFor(1, isPut, { status: 403, code: "AccessDenied" });
    await expect(s3.store().put(s3.key(), chunksOf(Buffer.from("x")))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(s3.server().requests).toHaveLength(1);
  });
});

describe("an upload in parts", () => {
  const bytes = randomBytes(17 * MEBIBYTE);

  test.each([UNAVAILABLE, "reset", "silence"] as const)(
    "sends only the part again that met %j",
    async (trouble) => {
      await s3.troubleFor(2, isPart(2), trouble);
      expect(await s3.store().put(s3.key(), chunksOf(bytes))).toEqual({ bytes: bytes.byteLength });
      expect(s3.server().requests.filter(isPut)).toHaveLength(3 + 2);
      expect(s3.stored()?.equals(bytes)).toBe(true);
    },
  );

  test("is aborted when a part fails for good; nothing stays", async () => {
    await s3.troubleFor(Infinity, isPart(3), UNAVAILABLE);
    await expect(s3.store().put(s3.key(), chunksOf(bytes))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(s3.server().uploads.size).toBe(0);
    expect(s3.stored()).toBeUndefined();
  });

  test("is aborted at once when the signal says so, while the server is silent", async () => {
    const controller = new AbortController();
    s3.server().trouble = (request) => {
      if (!isPart(2)(request)) return null;
      setImmediate(() => controller.abort(new RangeError("enough")));
      return "silence";
    };
    const put = s3.store().put(s3.key(), chunksOf(bytes), { signal: controller.signal });
    await expect(put).rejects.toThrow("enough");
    expect(s3.server().uploads.size).toBe(0);
    expect(s3.server().requests.filter(isPart(2))).toHaveLength(1);
  });

  test("has two parts on their way at one time", async () => {
    let open = 0;
    let most = 0;
    s3.server().trouble = async (request) => {
      open += isPut(request) ? 1 : 0;
      most = Math.max(most, open);
      await setTimeout(50);
      open -= isPut(request) ? 1 : 0;
      return null;
    };
    await s3.store().put(s3.key(), chunksOf(bytes));
    expect(most).toBe(2);
  });

  const LATE_ERROR = { status: 200, code: "InternalError" };

  test.each([UNAVAILABLE, LATE_ERROR, "reset", "done-then-reset", "silence"] as const)(
    "is stored once although its completion met %j",
    async (trouble) => {
      await s3.troubleFor(1, isCompletion, trouble);
      expect(await s3.store().put(s3.key(), chunksOf(bytes))).toEqual({ bytes: bytes.byteLength });
      expect(s3.stored()?.equals(bytes)).toBe(true);
      expect(s3.server().uploads.size).toBe(0);
    },
  );

  describe("among many", () => {
    const content = randomBytes(20 * MEBIBYTE);
    const openNarrow = async (patienceMs: number | null) => {
      const parts = createByteBudget(16 * MEBIBYTE, { patienceMs });
      const narrow = createS3BlobStore({ ...(await createBucket(s3.server().settings)), parts });
      const put = (source: AsyncIterable<Uint8Array>) => {
        const itsKey = createSegmentKey(randomUUID(), 0);
        return narrow.put(itsKey, source).then(() => s3.server().objects.get(`/bucket/${itsKey}`));
      };
      return { parts, put };
    };

    test("reads on only where there is room for its parts, and comes to its end", async () => {
      const { parts, put } = await openNarrow(null);
      const mayAnswer = createDeferred<null>();
      s3.server().trouble = (request) => (isPut(request) ? mayAnswer.promise : null);
      let readBytes = 0;
      async function* counted() {
        for await (const chunk of chunksOf(content)) {
          readBytes += chunk.byteLength;
          yield chunk;
        }
      }
      const all = Array.from({ length: 4 }, () => put(counted()));
      await expect.poll(() => s3.server().requests.filter(isPut).length).toBe(2);
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
    await s3.troubleFor(Infinity, isCompletion, UNAVAILABLE);
    await expect(s3.store().put(s3.key(), chunksOf(bytes))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(s3.server().uploads.size).toBe(0);
  });

  test("that cannot even be aborted tells the first error", async () => {
    await s3.troubleFor(Infinity, ({ method }) => method === "DELETE", UNAVAILABLE);
    const broken = async function* () {
      yield* chunksOf(bytes);
      throw new RangeError("the line broke");
    };
    await expect(s3.store().put(s3.key(), broken())).rejects.toThrow("the line broke");
  });
});

test("the check at the start does not wait for a silent server", async () => {
  s3.server().trouble = () => "silence";
  const bucket = await createBucket(s3.server().settings);
  await expect(checkBucket(bucket, 200)).rejects.toThrow(/^S3_ENDPOINT: .*within 0.2 s/);
});
