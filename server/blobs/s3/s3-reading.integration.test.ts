import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { beforeEach, describe, expect, test } from "vitest";
import type { S3Request } from "../testing/scripted-s3.ts";
import { useScriptedS3 } from "../testing/use-scripted-s3.ts";
import { chunksOf } from "../testing/chunks-of.ts";

const MEBIBYTE = 1024 * 1024;

const s3 = useScriptedS3();
const isRead = ({ method }: S3Request) => method === "GET";

describe("reading", () => {
  const bytes = randomBytes(3 * MEBIBYTE);
  beforeEach(() => s3.store().put(s3.key(), chunksOf(bytes)));

  test("goes on from the next byte when the connection is lost on the way", async () => {
    await s3.troubleFor(2, isRead, { cutAfterBytes: MEBIBYTE });
    expect((await s3.read()).equals(bytes)).toBe(true);
    const ranges = s3
      .server()
      .requests.filter(isRead)
      .map(({ headers }) => headers.range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges).toHaveLength(3);
    expect(new Set(ranges).size).toBe(3);
  });

  test("fails with unavailable when nothing more comes", async () => {
    await s3.troubleFor(Infinity, isRead, { cutAfterBytes: 0 });
    await expect(s3.read()).rejects.toMatchObject({ code: "unavailable" });
    await s3.troubleFor(Infinity, isRead, "silence");
    await expect(s3.read()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("a server that ignores ranges is not believed", async () => {
    s3.server().trouble = (request) => {
      delete request.headers.range;
      return null;
    };
    await expect(s3.store().open(s3.key(), { offset: 5 })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  test("many readers that leave without reading hold no connection", async () => {
    s3.server().objects.set(`/bucket/${s3.key()}`, bytes.subarray(0, 300_000));
    for (let n = 0; n < 300; n += 1) (await s3.store().open(s3.key())).destroy();
    expect(await s3.read()).toHaveLength(300_000);
  });

  test("a reader that leaves while it waits for the next byte ends that request and nothing else", async () => {
    await s3.troubleFor(1, isRead, { silentAfterBytes: 1_000 });
    const stream = await s3.store().open(s3.key());
    await once(stream.resume(), "data");
    await new Promise((resolve) => setImmediate(resolve));
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    await once(stream.destroy(), "close");
    expect((await s3.read()).equals(bytes)).toBe(true);
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
    expect(s3.server().requests.filter(isRead)).toHaveLength(2);
  });

  test("a reader that pauses for longer than connections live misses nothing", async () => {
    await s3.openStore(500);
    const stream = await s3.store().open(s3.key());
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
