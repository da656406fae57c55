import { afterEach, expect, test, vi } from "vitest";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import { ORIGIN, startLiveServer, type LiveServerOptions } from "./testing/live-server.ts";
import { makeDelta, MemorySession, SESSION_ID } from "./testing/memory-session.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function setUp(options: Partial<LiveServerOptions> = {}) {
  const session = new MemorySession();
  const hub = createLiveHub({
    bus: session.bus,
    readState: session.readState,
    readItemsAfter: session.readItemsAfter,
    log,
  });
  const server = await startLiveServer({ hub, ...options });
  cleanUps.push(() => server.stop());
  return { session, hub, server, url: server.eventsUrl(SESSION_ID) };
}

/** Reads a stream into blocks, each one event or comment. */
async function open(url: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const blocks: string[] = [];
  const read = async () => {
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      const complete = text.split("\n\n");
      text = complete.pop() ?? "";
      blocks.push(...complete);
    }
  };
  const ended = response.ok ? read().catch(() => {}) : Promise.resolve();
  cleanUps.push(() => leaving.abort());
  return { response, blocks, ended, leave: () => leaving.abort() };
}

test("sends the events of a session, with an id only where the cursor moves", async () => {
  const { session, url } = await setUp();
  session.commitItem();
  const { blocks, response } = await open(url);
  await vi.waitFor(() => expect(blocks).toHaveLength(3));
  session.tellVolatile(makeDelta(0, "text"));
  await vi.waitFor(() => expect(blocks).toHaveLength(4));
  const ids = blocks.map((block) => /^id: (.*)$/m.exec(block)?.[1] ?? null);
  expect(ids).toEqual([null, "1-1", "1-1", null]);
  const types = blocks.map((block) => /"type":"([\w-]+)"/.exec(block)?.[1]);
  expect(types).toEqual(["state", "item", "caught-up", "delta"]);
  expect(response.headers.get("x-accel-buffering")).toBe("no");
});

test("goes on after the header, else after the address", async () => {
  const { session, url } = await setUp();
  for (let count = 0; count < 3; count += 1) session.commitItem();
  const byAddress = await open(`${url}?cursor=1-1`);
  const byHeader = await open(`${url}?cursor=1-1`, { "last-event-id": "1-2" });
  const items = (blocks: string[]) =>
    blocks.filter((block) => block.includes('"type":"item"')).length;
  for (const [stream, count] of [
    [byAddress, 2],
    [byHeader, 1],
  ] as const) {
    await vi.waitFor(() => expect(stream.blocks.at(-1)).toContain("caught-up"));
    expect(items(stream.blocks)).toBe(count);
  }
});

test("refuses a malformed cursor, other sites, strangers and foreign sessions before the first byte", async () => {
  const { url } = await setUp();
  expect((await open(`${url}?cursor=latest`)).response.status).toBe(400);
  expect((await open(url, { origin: "http://evil.test" })).response.status).toBe(403);
  expect((await open(url, { origin: ORIGIN })).response.status).toBe(200);
  const strange = await setUp({ authenticate: async () => null });
  expect((await open(strange.url)).response.status).toBe(401);
  const foreign = await setUp({ authorize: async () => "not_found" });
  expect((await open(foreign.url)).response.status).toBe(404);
});

test("pings in comments, ends after gone, and forgets who left", async () => {
  const { session, hub, url } = await setUp({ pingMs: 20 });
  const leaver = await open(url);
  await vi.waitFor(() => expect(leaver.blocks).toContain(": ping"));
  leaver.leave();
  await vi.waitFor(() => expect(hub.topicCount()).toBe(0));

  const { blocks, ended } = await open(url);
  await vi.waitFor(() => expect(blocks.some((block) => block.includes("caught-up"))).toBe(true));
  const news = session.commitState();
  session.exists = false;
  session.tell(news);
  await ended;
  expect(blocks.findLast((block) => block.startsWith("data"))).toContain('"code":"gone"');
});

test("ends with an error when the reader's login has, and is cut with the sockets", async () => {
  const ended = new Set<string>();
  const { server, url } = await setUp({ findEnded: async () => ended, recheckMs: 10 });
  const told = await open(url);
  await vi.waitFor(() => expect(told.blocks).not.toEqual([]));
  ended.add("viewer");
  await told.ended;
  expect(told.blocks.at(-1)).toContain('"code":"unauthorized"');
  ended.clear();
  const cut = await open(url);
  await vi.waitFor(() => expect(cut.blocks).not.toEqual([]));
  server.sockets.cutAllSockets();
  await cut.ended;
  expect(cut.blocks.at(-1)).not.toContain('"type":"error"');
});
