import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { useOutputWeb } from "./testing/use-output-web.ts";

const web = useOutputWeb();
const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe.each([
  ["inline", undefined],
  ["a reference", 0],
] as const)("an output that is %s", (_, thresholdBytes) => {
  const bytes = randomBytes(3_500);

  test("comes whole, with its type, name and version", async () => {
    const outputId = await web.store(bytes, { thresholdBytes });
    const response = await web.read(outputId);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": "3500",
      "content-disposition": "inline; filename*=UTF-8''screen.png",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
      "cross-origin-resource-policy": "same-origin",
      "x-output-state": "complete",
      // Whoever lost the right to read finds nothing in the browser.
      "cache-control": "private, no-cache",
      vary: "cookie, authorization",
    });
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
    const known = await web.read(outputId, { "if-none-match": response.headers.get("etag") ?? "" });
    expect(known.status).toBe(304);
    const download = await web.read(outputId, {}, "?download=1");
    expect(download.headers.get("content-disposition")).toMatch(/^attachment;/);
    await download.body?.cancel();
  });

  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=999-1000", 999, 1_001],
    ["bytes=3000-", 3_000, 3_500],
    ["bytes=-7", 3_493, 3_500],
    ["bytes=3000-9999", 3_000, 3_500],
  ])("comes in part for %s", async (range, start, end) => {
    const response = await web.read(await web.store(bytes, { thresholdBytes }), { range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/3500`);
    expect(response.headers.get("content-length")).toBe(String(end - start));
    expect((await bodyOf(response)).equals(bytes.subarray(start, end))).toBe(true);
  });

  test("has no part behind its end", async () => {
    const response = await web.read(await web.store(bytes, { thresholdBytes }), {
      range: "bytes=3500-",
    });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */3500");
  });

  test("is followed from its end on, and not from behind it", async () => {
    const outputId = await web.store(bytes, { thresholdBytes });
    const end = await web.read(outputId, {}, "?live=1&offset=3500");
    expect([end.status, (await bodyOf(end)).byteLength]).toEqual([200, 0]);
    const behind = await web.read(outputId, {}, "?live=1&offset=3501");
    expect(behind.status).toBe(416);
    expect(behind.headers.get("content-range")).toBe("bytes */3500");
  });

  test("comes whole to whoever has a part of other bytes", async () => {
    const outputId = await web.store(bytes, { thresholdBytes });
    const etag = (await web.read(outputId)).headers.get("etag") ?? "";
    const statusOf = async (ifRange: string) => {
      const response = await web.read(outputId, { range: "bytes=0-1", "if-range": ifRange });
      return [response.status, (await bodyOf(response)).byteLength];
    };
    expect(await statusOf(etag)).toEqual([206, 2]);
    expect(await statusOf('"other"')).toEqual([200, 3_500]);
    expect(await statusOf("Fri, 20 Nov 2026 12:00:00 GMT")).toEqual([200, 3_500]);
  });

  test("is described without its bytes", async () => {
    const outputId = await web.store(bytes, { thresholdBytes });
    const path = `/api/v1/outputs/${outputId}`;
    const response = await web.get(path, { method: "HEAD", headers: { range: "bytes=0-1" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe("3500");
    expect((await bodyOf(response)).byteLength).toBe(0);
  });
});

test.each([
  ["text/html", "text/html; charset=utf-8", "attachment"],
  ["image/svg+xml", "image/svg+xml", "attachment"],
  ["application/x-thing", "application/x-thing", "attachment"],
  ["text/plain", "text/plain; charset=utf-8", "inline"],
  ["text/plain; charset=latin1", "text/plain; charset=latin1", "inline"],
  ["application/json", "application/json", "inline"],
  ["not a type\r\nx: y", "application/octet-stream", "attachment"],
])("%j is answered as %s, %s", async (mime, type, disposition) => {
  const name = 'a/"ü\n*.x';
  const response = await web.read(await web.store(Buffer.from("x"), { mime, name }));
  expect(response.headers.get("content-type")).toBe(type);
  const expected = `${disposition}; filename*=UTF-8''%22%C3%BC%0A%2A.x`;
  expect(response.headers.get("content-disposition")).toBe(expected);
});

test("an export with links leads to it from wherever the file is", async () => {
  const outputId = await web.store(Buffer.from("x"));
  const answer = await web.get(`/api/v1/sessions/${web.sessionId}/export?format=md&refs=link`);
  const { origin } = new URL(answer.url);
  expect(await answer.text()).toContain(`<${origin}/api/v1/outputs/${outputId}>`);
});

describe("while it is written", () => {
  const bytes = randomBytes(2_400);

  test("what is stored can be read, and its parts", async () => {
    const writer = await web.open();
    await writer.write(bytes);
    await web.stored(writer.outputId, 2_400);
    const whole = await web.read(writer.outputId);
    expect(whole.headers.get("x-output-state")).toBe("writing");
    expect(whole.headers.get("cache-control")).toBe("private, no-store");
    expect((await bodyOf(whole)).equals(bytes)).toBe(true);
    const part = await web.read(writer.outputId, { range: "bytes=2000-" });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 2000-2399/*");
    expect((await bodyOf(part)).equals(bytes.subarray(2_000))).toBe(true);
    await writer.complete();
  });

  test.each([
    ["inline", undefined, 0],
    ["a reference", 0, 0],
    ["a reference", 0, 1_500],
  ])("it is followed to its end as %s at %s, from %i on", async (...row) => {
    const [, thresholdBytes, offset] = row;
    const writer = await web.open({ thresholdBytes });
    const response = await web.read(writer.outputId, {}, `?live=1&offset=${offset}`);
    const body = bodyOf(response);
    for (let start = 0; start < 2_400; start += 600) {
      await writer.write(bytes.subarray(start, start + 600));
      await web.stored(writer.outputId, start + 600);
    }
    await writer.complete();
    expect((await body).equals(bytes.subarray(offset))).toBe(true);
  });

  test("a follower that does not read holds up nobody", async () => {
    const writer = await web.open({ thresholdBytes: 0, segmentBytes: undefined });
    const stalled = await web.read(writer.outputId, {}, "?live=1");
    for (let n = 0; n < 64; n += 1) await writer.write(randomBytes(1024 * 1024));
    expect(await writer.complete()).toMatchObject({ state: "complete", bytes: 64 * 1024 * 1024 });
    await stalled.body?.cancel();
  });

  test.each([
    ["fails", async (writer: Awaited<ReturnType<typeof web.open>>) => writer.fail(new Error("x"))],
    [
      "is replaced by another value",
      async (writer: Awaited<ReturnType<typeof web.open>>) =>
        void (await writer.complete(randomBytes(3_000))),
    ],
  ])("an output that %s breaks off, and is not taken for the whole", async (_, end) => {
    for (const thresholdBytes of [0, undefined]) {
      const writer = await web.open({ thresholdBytes });
      const response = await web.read(writer.outputId, {}, "?live=1");
      await writer.write(bytes);
      await web.stored(writer.outputId, 2_400);
      const reader = response.body!.getReader();
      await reader.read();
      await end(writer);
      const rest = async () => {
        while (!(await reader.read()).done);
      };
      await expect(rest()).rejects.toThrow(/terminated/);
    }
  });

  test("an incomplete one says so, and keeps its bytes", async () => {
    const writer = await web.open();
    await writer.write(bytes);
    await writer.fail(new Error("x"));
    const response = await web.read(writer.outputId);
    expect(response.headers.get("x-output-state")).toBe("incomplete");
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
  });
});
