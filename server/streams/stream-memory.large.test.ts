import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { useWebProcess } from "#server/ingest/testing/use-web-process.ts";

const MEBIBYTE = 1024 * 1024;
const STREAM_MEBIBYTES = 100;
/** Nothing of it grows with the stream: 400 MiB are moved below. */
const GROWTH_MAX_BYTES = 100 * MEBIBYTE;
const STALLED_READERS = 60;
/** What waits in a connection for a reader, and one step of what follows it. */
const STALLED_MAX_BYTES = STALLED_READERS * 2.5 * MEBIBYTE;

const web = useWebProcess();

const ask = (line: string, body?: ReadableStream | Buffer) => {
  const [method = "", path = ""] = line.split(" ");
  const headers = { cookie: web().answer.cookie, "content-type": "a/b" };
  const url = `${web().answer.url}/api/v1/streams/${path}`;
  return fetch(url, { method, headers, body: body as BodyInit, ...(body && { duplex: "half" }) });
};

const piece = randomBytes(MEBIBYTE);
const expectedHash = (() => {
  const hash = createHash("sha256");
  for (let n = 0; n < STREAM_MEBIBYTES; n += 1) hash.update(piece);
  return hash.digest("hex");
})();

async function readHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (let offset = "-1"; ;) {
    const answer = await ask(`GET ${path}?offset=${offset}`);
    for await (const chunk of answer.body ?? []) hash.update(chunk as Uint8Array);
    offset = answer.headers.get("stream-next-offset") ?? "";
    if (answer.headers.has("stream-up-to-date")) return hash.digest("hex");
  }
}

test("100 MiB go in as one append and as many, and out again, in constant memory", async () => {
  for (const path of ["warm", "one", "many"]) expect((await ask(`PUT ${path}`)).status).toBe(201);
  for (let n = 0; n < 10; n += 1) await ask("POST warm", piece);
  const before = await forgetPeak(web().pid);

  let sent = 0;
  const whole = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(piece);
      if (sent === STREAM_MEBIBYTES) controller.close();
    },
  });
  expect((await ask("POST one", whole)).status).toBe(204);
  for (let n = 0; n < STREAM_MEBIBYTES; n += 1)
    expect((await ask("POST many", piece)).status).toBe(204);
  expect(await readHash("one")).toBe(expectedHash);
  expect(await readHash("many")).toBe(expectedHash);

  const growth = (await readPeakBytes(web().pid)) - before;
  console.log(`grew by ${Math.round(growth / MEBIBYTE)} MiB`);
  expect(growth).toBeLessThan(GROWTH_MAX_BYTES);
});

const modes = ["offset=-1", "offset=-1&live=sse"];

test("readers who do not read hold up nobody, and hold next to nothing", async () => {
  expect((await ask("PUT rows")).status).toBe(201);
  for (let n = 0; n < 7; n += 1) await ask("POST rows", piece);
  const before = await forgetPeak(web().pid);
  const stopping = new AbortController();
  const stalled = await Promise.all(
    Array.from({ length: STALLED_READERS }, (_, n) =>
      fetch(`${web().answer.url}/api/v1/streams/${n % 3 ? "rows" : "many"}?${modes[n % 2]}`, {
        headers: { cookie: web().answer.cookie },
        signal: stopping.signal,
      }),
    ),
  );
  expect(new Set(stalled.map(({ status }) => status))).toEqual(new Set([200]));
  for (let n = 0; n < 20; n += 1) expect((await ask("POST many", piece)).status).toBe(204);
  const growth = (await readPeakBytes(web().pid)) - before;
  console.log(`grew by ${Math.round(growth / MEBIBYTE)} MiB for ${stalled.length} readers`);
  expect(growth).toBeLessThan(STALLED_MAX_BYTES);
  stopping.abort();
});
