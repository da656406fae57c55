import { describe, expect, test } from "vitest";
import { scan } from "./testing/scan.ts";

const chunkSizes = [1, 2, 3, 7, 64, 65_536];

const message = (id: string) => `{"id":"${id}","role":"user","time":{"created":1}}`;
const part = (messageId: string, id: string) =>
  `{"id":"${id}","messageID":"${messageId}","type":"text","text":"h\\n\\"i\\" é 漢 😀"}`;
const envelope = (type: string, data: string) => `{"type":"${type}","data":${data}}`;

const bodies = [message("m1"), part("m1", "p1"), part("m1", "p2"), "[1,2]"];
const elements = [
  envelope("message", bodies[0]!),
  envelope("part", bodies[1]!),
  envelope("part", bodies[2]!),
  envelope("session_diff", bodies[3]!),
];
const identities = [
  ["message", "m1", ""],
  ["part", "m1", "p1"],
  ["part", "m1", "p2"],
  ["session_diff", "", ""],
];

describe.each(chunkSizes)("in chunks of %i bytes", (chunkBytes) => {
  const documents = {
    data: `{"data":[${elements.join(",")}]}`,
    array: `[${elements.join(",")}]`,
    ndjson: elements.join("\n"),
  };

  test.each(Object.entries(documents))(
    "items of %s come out byte for byte",
    async (format, text) => {
      const { items, skipped, fault, progress } = await scan(text, chunkBytes);
      expect(fault).toBeNull();
      expect(skipped).toEqual([]);
      expect(items.map(({ body }) => body)).toEqual(bodies);
      expect(items.map((item) => [item.type, item.messageId, item.partId])).toEqual(identities);
      const bytes = Buffer.from(text);
      expect(
        items.map(({ offset, byteLength }) =>
          bytes.subarray(offset, offset + byteLength).toString("utf8"),
        ),
      ).toEqual(elements);
      expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
      expect(progress).toMatchObject({
        format,
        bytes: bytes.length,
        skipped: 0,
        ignoredMembers: [],
      });
    },
  );

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "a member that is called %s is one like any other, in both cores",
    async (name) => {
      const data = `{"${name}":{"a":[1]},"data":[${elements.join(",")}]}`;
      const snapshot = `{"info":{"id":"ses_1"},"${name}":5,"messages":[{"info":${bodies[0]},"${name}":1}]}`;
      for (const core of ["wasm", "reference"] as const) {
        const inData = await scan(data, chunkBytes, { core });
        expect(inData).toMatchObject({ fault: null, skipped: [] });
        expect(inData.items.map(({ body }) => body)).toEqual(bodies);
        expect(inData.progress?.ignoredMembers).toEqual([name]);
        const inSnapshot = await scan(snapshot, chunkBytes, { core });
        expect(inSnapshot).toMatchObject({ fault: null, skipped: [] });
        expect(inSnapshot.items.map(({ type }) => type)).toEqual(["session", "message"]);
        expect(inSnapshot.progress?.ignoredMembers).toEqual([name]);
      }
    },
  );

  test("a snapshot gives the session, each message, each of its parts, and the diff", async () => {
    const text = `{"info":{"id":"ses_1"},"messages":[{"info":${bodies[0]},"parts":[${bodies[1]},${bodies[2]}]}],"sessionDiff":[1,2]}`;
    const { items, skipped, fault, progress } = await scan(text, chunkBytes);
    expect(fault).toBeNull();
    expect(skipped).toEqual([]);
    expect(items.map((item) => [item.type, item.messageId, item.partId, item.body])).toEqual([
      ["session", "", "", '{"id":"ses_1"}'],
      ...identities.map((identity, index) => [...identity, bodies[index]]),
    ]);
    expect(progress).toMatchObject({ format: "snapshot", ignoredMembers: [] });
  });

  test("members may come in any order", async () => {
    const text = `{"messages":[{"parts":[${bodies[1]}],"info":${bodies[0]}}],"info":{"a":1}}`;
    const { items } = await scan(text, chunkBytes);
    expect(items.map(({ type }) => type)).toEqual(["part", "message", "session"]);
    const reversed = await scan(`[{"data":${bodies[1]},"type":"part"}]`, chunkBytes);
    expect(reversed.items).toMatchObject([{ messageId: "m1", partId: "p1", body: bodies[1] }]);
  });

  test("messages with parts are elements of arrays and lines, too", async () => {
    const element = `{"info":${bodies[0]},"parts":[${bodies[1]},{"id":"p9"}]}`;
    for (const text of [
      `[${element}]`,
      `{"data":[${element}]}`,
      `${element}\n`,
      `{"info":${bodies[0]}}\n{"info":${bodies[0]}}`,
    ]) {
      const { items, fault } = await scan(text, chunkBytes);
      expect(fault).toBeNull();
      expect(items[0]).toMatchObject({ type: "message", messageId: "m1", body: bodies[0] });
      if (text.includes("p9")) expect(items[2]).toMatchObject({ messageId: "m1", partId: "p9" });
    }
  });

  test("other members of an element stay with it as received", async () => {
    const text = `[{ "v" : 1e400 , "type":"x", "tags":["a", {"__proto__":1}],"data":null,"type":"model" ,"z":2 }]`;
    const { items } = await scan(text, chunkBytes);
    expect(items).toMatchObject([
      {
        type: "model",
        body: "null",
        envelope: '{"v" : 1e400 , "type":"x", "tags":["a", {"__proto__":1}],"z":2}',
      },
    ]);
  });

  test("members that nothing can be made of are named", async () => {
    const inData = await scan(`{"version":1,"data":[],"a\\u0062":{"c":[1]}}`, chunkBytes);
    expect(inData.progress?.ignoredMembers).toEqual(["version", "ab"]);
    expect(inData.progress?.ignoredBytes).toBe('"version":1"a\\u0062":{"c":[1]}'.length);
    const inSnapshot = await scan(
      `{"x":1,"info":{},"messages":[{"extra":0,"info":{"id":"m"},"more":[]}],"todo":[]}`,
      chunkBytes,
    );
    expect(inSnapshot.progress?.ignoredMembers).toEqual(["x", "extra", "more", "todo"]);
    expect(inSnapshot.progress?.ignoredBytes).toBe('"x":1"extra":0"more":[]"todo":[]'.length);
    expect(inSnapshot.items).toHaveLength(2);
  });

  test("what is a skip as a whole is not counted among ignored members, too", async () => {
    const line = `{"info":${bodies[0]},"x":[1]}`;
    const { progress } = await scan(`${line}\n{"parts":[],"y":2}`, chunkBytes);
    expect(progress).toMatchObject({ skipped: 1, ignoredBytes: '"x":[1]'.length });
    const late = await scan(`{"v":1,"data":{"x":1},"messages":[]}`, chunkBytes);
    expect(late.progress?.ignoredBytes).toBe('"v":1"data":{"x":1}'.length);
  });

  test("keys and ids may be escaped, and of equal names the last one counts", async () => {
    const data = `{"id":"a","\\u0069d":"p\\u00e9\\/".  "x":1}`.replace('\\/".', '",');
    const text = `[{"t\\u0079pe":"p\\u0061rt","data":${data.replace('"x":1', '"messageID":1,"messageID":"\\u006d"')}}]`;
    const { items } = await scan(text, chunkBytes);
    expect(items).toMatchObject([{ type: "part", messageId: "m", partId: "pé" }]);
  });

  test("items of an unknown type may have their ids beside their data", async () => {
    const event = (rest: string) => `{"type":"assistant.message","data":{"content":"Hi"},${rest}}`;
    const lines = [
      event(`"id":"e1","parentId":null`),
      event(`"messageID":"m1","i\\u0064":"e2"`),
      event(`"id":7`),
      event(`"parentId":"e1"`),
      `{"type":"x","data":{"id":"own"},"id":"e3"}`,
      envelope("part", `{"messageID":"m1"}`).replace("}}", `},"id":"e4"}`),
    ];
    const { items, skipped } = await scan(lines.join("\n"), chunkBytes);
    expect(items.map(({ messageId, partId }) => [messageId, partId])).toEqual([
      ["", "e1"],
      ["m1", "e2"],
      ["", "own"],
    ]);
    expect(items[0]?.envelope).toBe(`{"id":"e1","parentId":null}`);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("The `id` of the item is not an id"),
      "The item has no `id`",
      "The part has no `id`",
    ]);
  });

  test("unusual JSON is no fault", async () => {
    const odd = `{"id":"p","messageID":"m","__proto__":{"a":1},"a":1,"a":2,"s":"\\ud800","n":"\\u0000","big":1e999999,"deep":[[[]]]}`;
    const { items } = await scan(`{"data":[${envelope("part", odd)}]}`, chunkBytes);
    expect(items).toMatchObject([{ body: odd }]);
  });
});
