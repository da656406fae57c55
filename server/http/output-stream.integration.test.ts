import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { STREAM_FOLLOWERS_OF_TEAM_MAX } from "#lib/limits.ts";
import { formatOffset } from "#lib/stream-offset.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { followStream } from "#server/streams/stream-watch.ts";
import { useOutputWeb } from "./testing/use-output-web.ts";

const web = useOutputWeb();
const address = (outputId: string, query = "") => `/api/v1/streams/outputs/${outputId}${query}`;

test("an output is read as a stream while it grows, and to its end", async () => {
  const writer = await web.open({ mime: "text/plain" });
  const { outputId } = writer;
  await writer.write(Buffer.from("one "));
  await web.stored(outputId, 4);
  const first = await web.get(address(outputId, "?offset=-1"));
  expect(await first.text()).toBe("one ");
  const offset = first.headers.get("stream-next-offset")!;
  expect(offset).toBe(formatOffset(4));
  expect(first.headers.get("stream-up-to-date")).toBe("true");
  expect(first.headers.get("stream-closed")).toBeNull();

  const waiting = web.get(address(outputId, `?offset=${offset}&live=long-poll`));
  const events = web.get(address(outputId, "?offset=-1&live=sse"));
  await writer.write(Buffer.from("two"));
  expect(await (await waiting).text()).toBe("two");
  await writer.complete();
  const text = await (await events).text();
  expect(text).toContain("data:one");
  expect(text).toContain("two");
  expect(text).toContain('"streamClosed":true');
  const all = await web.get(address(outputId, "?offset=-1"));
  expect(await all.text()).toBe("one two");
  expect(all.headers.get("stream-closed")).toBe("true");
  const head = await web.get(address(outputId), { method: "HEAD" });
  expect(head.headers.get("content-type")).toBe("text/plain");
  expect(head.headers.get("stream-next-offset")).toBe(formatOffset(7));
});

test("nobody goes on in another value from where the first one was read", async () => {
  for (const given of ["x", "another, longer value"]) {
    const writer = await web.open({ mime: "text/plain" });
    const { outputId } = writer;
    await writer.write(Buffer.from("one two"));
    await web.stored(outputId, 7);
    const offset = formatOffset(7);
    const waiting = web.get(address(outputId, `?offset=${offset}&live=long-poll`));
    const events = (await web.get(address(outputId, "?offset=-1&live=sse"))).body!.getReader();
    expect(Buffer.from((await events.read()).value!).toString()).toContain("data:one two");
    await writer.complete(Buffer.from(given));
    expect((await waiting).status).toBe(410);
    await expect(events.read()).rejects.toThrow("terminated");
    expect((await web.get(address(outputId, `?offset=${formatOffset(1)}`))).status).toBe(410);
    const whole = await web.get(address(outputId, "?offset=-1"));
    expect(await whole.text()).toBe(given);
    expect(whole.headers.get("stream-closed")).toBe("true");
    const next = formatOffset(given.length, { isReplaced: true });
    expect(whole.headers.get("stream-next-offset")).toBe(next);
    const end = await web.get(address(outputId, `?offset=${next}&live=long-poll`));
    expect([end.status, end.headers.get("stream-closed")]).toEqual([204, "true"]);
  }
});

test("who waits for a value from its start gets the one that comes at the end", async () => {
  const writer = await web.open({ mime: "text/plain" });
  const events = web.get(address(writer.outputId, "?offset=-1&live=sse"));
  await writer.complete(Buffer.from("given"));
  const text = await (await events).text();
  expect(text).toContain("data:given");
  expect(text).toContain('"streamClosed":true');
});

test("who finds no place among those who follow is told so, in place of a head", async () => {
  const writer = await web.open();
  const live = () => web.read(writer.outputId, {}, "?live=1");
  const stream = { streamId: "str_other", teamId: localOwner.teamId, sessionId: null };
  const followers = Array.from({ length: STREAM_FOLLOWERS_OF_TEAM_MAX }, () =>
    followStream(web.services, stream),
  );
  const refused = await live();
  expect(refused.status).toBe(429);
  followers[0]!.leave();
  const taken = await live();
  expect(taken.status).toBe(200);
  for (const follower of followers) follower.leave();
  await writer.complete();
  expect(await taken.text()).toBe("");
});

test("what ended in the middle is never closed, and says so to who waits for more", async () => {
  const writer = await web.open({ mime: "text/plain" });
  const { outputId } = writer;
  await writer.write(Buffer.from("one"));
  await web.stored(outputId, 3);
  const events = (await web.get(address(outputId, "?offset=-1&live=sse"))).body!.getReader();
  expect(Buffer.from((await events.read()).value!).toString()).toContain("data:one");
  await writer.fail(new Error("no more"));
  await expect(events.read()).rejects.toThrow("terminated");
  const there = await web.get(address(outputId, "?offset=-1"));
  expect(await there.text()).toBe("one");
  expect(there.headers.get("x-output-state")).toBe("incomplete");
  expect(there.headers.get("stream-closed")).toBeNull();
  const offset = there.headers.get("stream-next-offset")!;
  for (const live of ["sse", "long-poll"])
    expect((await web.get(address(outputId, `?offset=${offset}&live=${live}`))).status).toBe(410);
});

test("JSON is a text, and what a browser could take for a page is what it says and runs nothing", async () => {
  const json = await web.store(Buffer.from('{"a": 1}'), { mime: "application/json" });
  const read = await web.get(address(json, "?offset=-1"));
  expect(await read.text()).toBe('{"a": 1}');
  const odd = await web.store(Buffer.from("<p>"), { mime: "text/html" });
  const page = await web.get(address(odd, "?offset=-1"));
  expect(page.headers.get("content-security-policy")).toContain("sandbox");
});

test("a PDF can be shown in a frame of ours, sandboxed, and nothing else can", async () => {
  const policyOf = async (mime: string) => {
    const { headers } = await web.read(await web.store(Buffer.from("%PDF-"), { mime }));
    return [headers.get("content-security-policy"), headers.get("x-frame-options")];
  };
  expect(await policyOf("application/pdf")).toEqual([
    "default-src 'none'; frame-ancestors 'self'; sandbox",
    "SAMEORIGIN",
  ]);
  expect(await policyOf("text/html")).toEqual([
    "default-src 'none'; frame-ancestors 'none'; sandbox",
    "DENY",
  ]);
});

test("nobody writes it here, forks it, or reads it without the right to", async () => {
  const outputId = await web.store(Buffer.from("bytes"), { mime: "text/plain" });
  for (const method of ["PUT", "POST", "DELETE"])
    expect((await web.get(address(outputId), { method })).status).toBe(403);
  const fork = await web.get("/api/v1/streams/copy", {
    method: "PUT",
    headers: { "stream-forked-from": address(outputId) },
  });
  expect(fork.status).toBe(403);
  const { sql } = web.services.database;
  await sql`insert into teams (id, name) values ('team_other', 'Other') on conflict do nothing`;
  await sql`update sessions set team_id = 'team_other' where id = ${web.sessionId}`;
  expect((await web.get(address(outputId, "?offset=-1"))).status).toBe(404);
  expect((await web.get(address("out_0000000000000000000000000A", "?offset=-1"))).status).toBe(404);
});

test("who follows an output leaves nothing behind at signals that last as long as the server (#6)", async () => {
  const { draining } = web.services;
  const composed = vi.spyOn(AbortSignal, "any");
  try {
    const outputId = await web.store(Buffer.from("bytes"));
    for (const query of ["?live=1", "?live=1", "?live=1"])
      expect(await (await web.read(outputId, {}, query)).text()).toBe("bytes");
    const lasting = composed.mock.results
      .filter((_, index) => Array.from(composed.mock.calls[index]![0]).includes(draining))
      .map(({ value }) => value as AbortSignal);
    const countListeners = () =>
      [draining, ...lasting].flatMap((signal) => getEventListeners(signal, "abort")).length;
    await expect.poll(countListeners).toBe(0);
  } finally {
    composed.mockRestore();
  }
});
