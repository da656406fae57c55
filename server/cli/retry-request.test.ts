import { expect, test } from "vitest";
import { isBadPort, isRetried, retryAfterMs, retryDelayMs, retryRequest } from "./retry-request.ts";

test.each([
  [200, false],
  [400, false],
  [401, false],
  [404, false],
  [410, false],
  [413, false],
  [408, true],
  [409, true],
  [429, true],
  [500, true],
  [503, true],
])("%i may work later: %s", (status, expected) => {
  expect(isRetried(status)).toBe(expected);
});

test("delays double from a second to thirty, and up to half of each is chance", () => {
  const attempts = [1, 2, 3, 4, 5];
  const delays = (random: number) => attempts.map((attempt) => retryDelayMs(attempt, () => random));
  expect(delays(0)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(delays(1)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000]);
});

test.each([
  ["3", 3_000],
  ["0", 0],
  ["900", 30_000],
  ["Thu, 01 Jan 1970 00:00:12 GMT", 2_000],
  ["soon", null],
  [null, null],
])("Retry-After %s is %s ms", (header, expected) => {
  expect(retryAfterMs(header, 10_000)).toBe(expected);
});

test("a port that may not be asked is asked once", async () => {
  const reasons: string[] = [];
  const request = () => fetch("http://127.0.0.1:1");
  const onRetry = (reason: string) => void reasons.push(reason);
  await expect(retryRequest(request, { onRetry })).rejects.toSatisfy(isBadPort);
  expect(reasons).toEqual([]);
});

test("a request is made until it is answered, each time anew", async () => {
  let made = 0;
  const reasons: string[] = [];
  const response = await retryRequest(
    async () => {
      made += 1;
      if (made === 1) throw new Error("the line is cut");
      return new Response("", { status: made === 2 ? 503 : 200, headers: { "retry-after": "0" } });
    },
    { onRetry: (reason) => reasons.push(reason) },
  );
  expect(response.status).toBe(200);
  expect(reasons).toEqual(["the line is cut", "the server answered 503"]);
});

test("a conflict with a batch that stays as it is is told at once, others are tried again", async () => {
  const count = async (problem: object) => {
    let made = 0;
    const response = await retryRequest(async () => {
      made += 1;
      const headers = { "retry-after": "0" };
      return Response.json({ code: "conflict", ...problem }, { status: 409, headers });
    });
    expect(await response.json()).toMatchObject({ code: "conflict" });
    return made;
  };
  expect(await count({ batchState: "aborted" })).toBe(1);
  expect(await count({ batchState: "done" })).toBe(1);
  expect(await count({ batchState: "open" })).toBe(6);
  expect(await count({})).toBe(6);
});
