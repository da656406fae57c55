import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { useStreams } from "./testing/use-streams.ts";

const streams = useStreams();
const { call, make, readAll } = streams;
const text = { "content-type": "text/plain" };

const ascending = (a: number, b: number) => a - b;
const bodyOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe("two processes", () => {
  test("who waits at one is woken by an append at the other", async () => {
    const path = await make("old ");
    const now = await call(`GET ${path}?offset=now`);
    const offset = now.headers.get("stream-next-offset");
    const waiting = call(`GET ${path}?offset=${offset}&live=long-poll`);
    const events = await call(`GET ${path}?offset=${offset}&live=sse`);
    const appended = await call(`POST ${path}`, { headers: text, body: "new" }, streams.peer);
    expect(appended.status).toBe(204);
    const answer = await waiting;
    expect(await answer.text()).toBe("new");
    expect(answer.headers.get("stream-next-offset")).toBe(
      appended.headers.get("stream-next-offset"),
    );
    const closing = await call(`POST ${path}`, { headers: { "stream-closed": "true" } });
    expect(closing.status).toBe(204);
    const received = await events.text();
    expect(received).toContain("data:new\n");
    expect(received).toMatch(/"streamClosed":true}\n\n$/);
  });

  test("who waits for a stream that is deleted learns it", async () => {
    const path = await make("x");
    const waiting = call(`GET ${path}?offset=now&live=long-poll`);
    const deleted = await call(`DELETE ${path}`, {}, streams.peer);
    expect(deleted.status).toBe(204);
    expect((await waiting).status).toBe(404);
  });

  test("appends at both at one time are all there, each whole, and none twice", async () => {
    const path = await make();
    const words = Array.from({ length: 60 }, (_, n) => `<${n}>`);
    const answers = await Promise.all(
      words.map((body, n) =>
        call(`POST ${path}`, { headers: text, body }, n % 2 ? streams.peer : streams.web),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const offsets = answers.map(({ headers }) => headers.get("stream-next-offset"));
    expect(new Set(offsets).size).toBe(words.length);
    const stored = (await readAll(path)).toString();
    expect((stored.match(/<\d+>/g) ?? []).toSorted()).toEqual(words.toSorted());
    expect(stored).toHaveLength(words.join("").length);
  });

  test("of one producer's repeated appends at both, each is done once", async () => {
    const path = await make();
    for (let seq = 0; seq < 10; seq += 1) {
      const headers = {
        ...text,
        "producer-id": "p",
        "producer-epoch": "0",
        "producer-seq": String(seq),
      };
      const twice = [streams.web, streams.peer, streams.web].map((at) =>
        call(`POST ${path}`, { headers, body: `${seq};` }, at),
      );
      const statuses = (await Promise.all(twice)).map(({ status }) => status);
      expect(statuses.toSorted(ascending)).toEqual([200, 204, 204]);
    }
    expect((await readAll(path)).toString()).toBe("0;1;2;3;4;5;6;7;8;9;");
  });

  test("of two runs of a producer that race, the later one's epoch holds", async () => {
    const path = await make();
    const send = (epoch: number, seq: number, at = streams.web) =>
      call(
        `POST ${path}`,
        {
          headers: {
            ...text,
            "producer-id": "p",
            "producer-epoch": String(epoch),
            "producer-seq": String(seq),
          },
          body: `${epoch}.${seq};`,
        },
        at,
      );
    expect((await send(0, 0)).status).toBe(200);
    const [old, taken] = await Promise.all([send(0, 1), send(1, 0, streams.peer)]);
    expect(taken?.status).toBe(200);
    expect([200, 403]).toContain(old?.status);
    const late = await send(0, old?.status === 200 ? 2 : 1);
    expect([late.status, late.headers.get("producer-epoch")]).toEqual([403, "1"]);
    const stored = (await readAll(path)).toString();
    expect(stored).toBe(old?.status === 200 ? "0.0;0.1;1.0;" : "0.0;1.0;");
  });

  test("one path is made once", async () => {
    const makeAt = (at: typeof streams.web) =>
      call("PUT test/raced", { headers: text, body: "first" }, at);
    const answers = await Promise.all([streams.web, streams.peer, streams.web].map(makeAt));
    expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 200, 201]);
    expect((await readAll("test/raced")).toString()).toBe("first");
  });
});

describe("bytes", () => {
  test("an append that is too large for a row is a part of its own, and order holds", async () => {
    const path = await make("small", { "content-type": "a/b" });
    const large = randomBytes(9 * 1024 * 1024);
    const headers = { "content-type": "a/b" };
    expect((await call(`POST ${path}`, { headers, body: large })).status).toBe(204);
    expect((await call(`POST ${path}`, { headers, body: "after" })).status).toBe(204);
    const all = await readAll(path, streams.peer);
    expect(all.equals(Buffer.concat([Buffer.from("small"), large, Buffer.from("after")]))).toBe(
      true,
    );
  });

  test("small appends become segments of 8 MiB, and a read may begin anywhere", async () => {
    const path = await make(undefined, { "content-type": "a/b" });
    const pieces = Array.from({ length: 10 }, () => randomBytes(1024 * 1024 - 7));
    const offsets: (string | null)[] = [];
    for (const body of pieces) {
      const answer = await call(`POST ${path}`, { headers: { "content-type": "a/b" }, body });
      offsets.push(answer.headers.get("stream-next-offset"));
    }
    const { sql } = streams.web.server.services.database;
    const states = async () => sql`
        select b.state, count(s.n)::int as segments from stream_parts p
          join streams on streams.id = p.stream_id join blobs b on b.id = p.blob_id
          left join blob_segments s on s.blob_id = b.id
        where streams.path = ${path} group by b.id, p.start order by p.start`;
    await streams.storedKeys();
    expect([...(await states())]).toEqual([
      { state: "complete", segments: 1 },
      { state: "writing", segments: 0 },
    ]);
    expect((await readAll(path)).equals(Buffer.concat(pieces))).toBe(true);
    const last = await call(`GET ${path}?offset=${offsets.at(-2)}`);
    expect((await bodyOf(last)).equals(pieces.at(-1) ?? Buffer.alloc(0))).toBe(true);
  });

  test("JSON is read in chunks that cut no message", async () => {
    const path = await make("[]", { "content-type": "application/json" });
    const words = Array.from({ length: 7 }, (_, n) => ({ n, text: "é".repeat(900_000 + n) }));
    for (const word of words) {
      const headers = { "content-type": "application/json" };
      const answer = await call(`POST ${path}`, { headers, body: JSON.stringify([word, n(word)]) });
      expect(answer.status).toBe(204);
    }
    const read: unknown[] = [];
    let reads = 0;
    for (let offset = "-1", isOver = false; !isOver; reads += 1) {
      const answer = await call(`GET ${path}?offset=${offset}`);
      const bytes = await bodyOf(answer);
      expect(answer.headers.get("content-length")).toBe(String(bytes.byteLength));
      read.push(...(JSON.parse(bytes.toString()) as unknown[]));
      offset = answer.headers.get("stream-next-offset") ?? "";
      isOver = answer.headers.has("stream-up-to-date");
    }
    expect(reads).toBeGreaterThan(1);
    expect(read).toEqual(words.flatMap((word) => [word, n(word)]));
  });

  const n = (word: { n: number }) => word.n;

  test("an offset in the middle of a message is none", async () => {
    const path = await make('[{"a":1}]', { "content-type": "application/json" });
    const answer = await call(`GET ${path}?offset=0000000000000000_0000000000000003`);
    expect(answer.status).toBe(400);
  });

  test("JSON that is too large is refused, and nothing of it is there", async () => {
    const path = await make("[]", { "content-type": "application/json" });
    const body = JSON.stringify("x".repeat(5 * 1024 * 1024));
    const headers = { "content-type": "application/json" };
    expect((await call(`POST ${path}`, { headers, body })).status).toBe(413);
    expect((await readAll(path)).toString()).toBe("[]");
  });

  test.each([
    ["text/plain", Buffer.alloc(2 * 1024 * 1024, "y")],
    // Stored before it is judged.
    ["application/json", JSON.stringify("y".repeat(2 * 1024 * 1024))],
  ])("bytes of %s that come for nothing are not kept", async (contentType, body) => {
    const type = { "content-type": contentType };
    const path = await make(undefined, type);
    const headers = { ...type, "producer-id": "p", "producer-epoch": "0", "producer-seq": "0" };
    expect((await call(`POST ${path}`, { headers, body })).status).toBe(200);
    const before = await streams.storedKeys();
    expect((await call(`POST ${path}`, { headers, body })).status).toBe(204);
    const conflict = { "content-type": "text/html" };
    expect((await call(`POST ${path}`, { headers: conflict, body })).status).toBe(409);
    expect((await call(`PUT ${path}`, { headers: conflict, body })).status).toBe(409);
    expect(await streams.storedKeys()).toEqual(before);
  });

  test("a body that breaks off leaves nothing behind", async () => {
    const path = await make("whole");
    const breaking = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.alloc(3 * 1024 * 1024, "y"));
      },
      async pull() {
        await vi.waitFor(async () => {
          const { sql } = streams.web.server.services.database;
          const rows = await sql`select from blobs where purpose = 'stream' and session_id = ''
            and state = 'writing'`;
          expect(rows.length).toBeGreaterThan(0);
        });
        throw new Error("the sender broke off");
      },
    });
    await expect(call(`POST ${path}`, { headers: text, body: breaking })).rejects.toThrow(
      "fetch failed",
    );
    expect((await readAll(path)).toString()).toBe("whole");
  });
});
