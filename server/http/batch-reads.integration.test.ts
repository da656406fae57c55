import { expect, test } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { createBatchId } from "#lib/ids.ts";
import { line, ndjson, useBatchRoutes } from "./testing/use-batch-routes.ts";

const { server, post, create, get, send, bearer, newBatchId } = useBatchRoutes();

test("lines that belong nowhere are listed a page at a time, also those of one place", async () => {
  const batchId = await newBatchId();
  await send(batchId, `${line(0)}\nrubbish\nrubbish\nrubbish\n`);
  await send(batchId, `${line(0)}\nnonsense\n`);
  const pageAfter = async (after: number, sha256?: string) => {
    const place = sha256 === undefined ? "" : `&afterSha256=${sha256}`;
    const path = `/${batchId}/items?state=unassigned&limit=1&after=${after}${place}`;
    return (await get(path)).body.lines;
  };
  const [first] = await pageAfter(-1);
  const [second] = await pageAfter(1, first.sha256);
  expect([first, second].map(({ position }) => position)).toEqual([1, 1]);
  expect(first.bytes + second.bytes).toBe(7 + 8);
  expect(await pageAfter(1, second.sha256)).toMatchObject([{ position: 2, bytes: 7 }]);
  expect(await pageAfter(1)).toMatchObject([{ position: 2, bytes: 7 }]);
  expect(await pageAfter(3)).toEqual([]);
  expect((await get(`/${batchId}`)).body.batch).toMatchObject({ unassignedCount: 4 });
});

test("batches are listed newest first, a page at a time", async () => {
  const [first, second] = [await newBatchId(), await newBatchId()];
  const page = (await get("?limit=1")).body.batches;
  expect(page).toMatchObject([{ batchId: second }]);
  expect((await get(`?limit=1&before=${second}`)).body.batches).toMatchObject([{ batchId: first }]);
});

test("a wait ends with its time when the batch goes on", async () => {
  const batchId = await newBatchId();
  expect(await get(`/${batchId}?wait=0.1`)).toMatchObject({ body: { batch: { state: "open" } } });
  expect((await get(`/${batchId}?wait=61`)).status).toBe(400);
});

test("a token does what its scopes say, and unknown batches look like other teams'", async () => {
  const asked = { kind: "import" };
  expect((await create(asked, await bearer("start", "read"))).status).toBe(403);
  const starting = await create({ kind: "start" }, await bearer("start"));
  expect(starting.status).toBe(201);
  const made = await create(asked, await bearer("ingest"));
  const path = `/api/v1/batches/${made.body.batch.batchId}`;
  const ask = async (at: string, ...scopes: ApiScope[]) => {
    const headers = await bearer(...scopes);
    const response = await fetch(`${server.web().url}${at}`, { headers });
    // News do not end.
    await response.body?.cancel();
    return response.status;
  };
  for (const below of ["", "/items", "/missing", "/events"]) {
    expect(await ask(path + below, "ingest")).toBe(200);
    expect(await ask(path + below, "read")).toBe(200);
    expect(await ask(path + below, "start")).toBe(403);
  }
  expect(await ask("/api/v1/batches", "ingest")).toBe(403);
  expect(await ask(`${path}/results`, "ingest")).toBe(403);
  expect(await ask(`/api/v1/batches/${createBatchId()}/results`, "ingest")).toBe(403);
  const unknown = await get(`/${createBatchId()}`);
  expect(unknown.status).toBe(404);
  expect((await post(`/${createBatchId()}/items`, "", ndjson)).body).toEqual(unknown.body);
});
