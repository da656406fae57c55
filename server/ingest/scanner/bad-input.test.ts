import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { scan } from "./testing/scan.ts";

const good = '{"type":"part","data":{"id":"p","messageID":"m"}}';
const partOf = (id: string, text = "") =>
  `{"type":"part","data":{"id":"${id}","messageID":"m","text":"${text}"}}`;
const nest = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe.each([1, 7, 65_536])("in chunks of %i bytes", (chunkBytes) => {
  const utf16 = Buffer.from(`{"data":[${good}]}`, "utf16le");
  const badInside = Buffer.concat([
    Buffer.from(`{"data":[${good},"`),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"]}'),
  ]);
  const badOutside = Buffer.concat([Buffer.from(`{"data":[${good}]}`), Buffer.from([0xff])]);
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04]);
  /** What is sent, the fault, its offset, and how many items come before it. */
  const faults: [string, string | Uint8Array, string, number, number][] = [
    ["an empty body", "", "empty", 0, 0],
    ["white space", " \n\t\r ", "empty", 5, 0],
    ["text", "hello", "not_json", 0, 0],
    ["HTML", "<html></html>", "not_json", 0, 0],
    ["gzip", gzipSync(`{"data":[${good}]}`), "packed_gzip", 0, 0],
    ["zstd", zstd, chunkBytes < 4 ? "not_json" : "packed_zstd", 0, 0],
    ["a byte order mark", `\uFEFF{"data":[]}`, "byte_order_mark", 0, 0],
    ["UTF-16", utf16, "encoding", 1, 0],
    ["UTF-16 with its mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), "encoding", 0, 0],
    ["UTF-16 in the other order", Buffer.from(utf16).swap16(), "encoding", 0, 0],
    ["invalid UTF-8 in a string", badInside, "encoding", 61, 1],
    ["invalid UTF-8 behind the end", badOutside, "encoding", 60, 1],
    ["a cut array", `{"data":[${good},{"type":"pa`, "truncated", 70, 1],
    ["a cut object", `{"data":[${good}]`, "truncated", 59, 1],
    ["a cut literal", "[tru", "truncated", 4, 0],
    ["a cut number", "[1,-", "truncated", 4, 1],
    ["a cut last line", `${good}\n{"type":"part","da`, "truncated", 68, 1],
    ["a cut character", Buffer.from(`[${good},"é`).subarray(0, -1), "truncated", 53, 1],
    ["something behind the end", `{"data":[${good}]} x`, "trailing", 61, 1],
    ["two documents in a line", `[${good}][]`, "trailing", 51, 1],
    ["no data", '{"foo":1}', "no_data", 9, 0],
    ["an empty object", "{}", "no_data", 2, 0],
    ["data that is a number", '{"data":5}', "data_not_array", 10, 0],
    ["data that is an object", '{"data":{"a":[]}}', "data_not_array", 17, 0],
    ["data twice", `{"data":[${good}],"data":[]}`, "data_twice", 60, 1],
    ["data twice, not an array first", `{"data":1,"data":[]}`, "data_twice", 10, 0],
    ["messages that are no array", '{"info":{},"messages":{}}', "messages_not_array", 22, 1],
    ["messages twice", '{"messages":[],"messages":[]}', "messages_twice", 15, 0],
    ["a number", "12", "not_container", 0, 0],
    ["a string", '"data"', "not_container", 0, 0],
    ["null", " null", "not_container", 1, 0],
    ["single quotes", "{'data':[]}", "not_json", 1, 0],
    ["a comma too much", `[${good},]`, "not_json", 51, 1],
    ["a raw control character", `[${good},"\u0001"]`, "not_json", 52, 1],
    ["a raw NUL", `[${good},"abc\0"]`, "not_json", 55, 1],
    ["a wrong escape", `["\\x"]`, "not_json", 3, 0],
    ["a leading zero", "[01]", "not_json", 2, 1],
    ["100,000 levels", "[".repeat(100_000), "too_deep", 1_001, 0],
    [
      "100,000 levels in an item",
      `{"data":[{"type":"x","data":${nest(100_000)}}]}`,
      "too_deep",
      1_028,
      0,
    ],
    ["100,000 levels beside the items", `{"a":${nest(100_000)},"data":[]}`, "too_deep", 1_005, 0],
  ];

  test.each(faults)(
    "%s ends the scan where it stands",
    async (...[, document, fault, offset, index]) => {
      const result = await scan(document, chunkBytes);
      expect(result.fault).toEqual({ fault, offset, index });
      expect(result.elements).toHaveLength(index);
      expect(result.message).toContain(`byte ${offset}`);
    },
  );

  const skips: [string, string, string, (string | null)[]][] = [
    ["a number", "12", "The element is not an object", [null, null, null]],
    ["an array", "[{}]", "The element is not an object", [null, null, null]],
    ["an empty object", "{}", "The element has no `type`", [null, null, null]],
    ["no type", '{"data":{"id":"a"}}', "The element has no `type`", [null, null, "a"]],
    [
      "a type that is no text",
      '{"type":1,"data":{}}',
      "The `type` of the element is not text that may name one",
      [null, null, null],
    ],
    [
      "a type with a slash",
      '{"type":"a/b","data":{}}',
      "The `type` of the element is not text that may name one",
      [null, null, null],
    ],
    [
      "no data",
      '{"type":"session_open"}',
      "The element has no `data`",
      ["session_open", null, null],
    ],
    [
      "a message without id",
      '{"type":"message","data":{}}',
      "The message has no `id`",
      ["message", null, null],
    ],
    [
      "a message that is no object",
      '{"type":"message","data":[]}',
      "The message has no `id`",
      ["message", null, null],
    ],
    [
      "an item of an unknown type without ids",
      '{"type":"event","data":{"n":1}}',
      "The item has no `id`",
      ["event", null, null],
    ],
    [
      "a list of an unknown type",
      '{"type":"event","data":[{"id":"a"}]}',
      "The item has no `id`",
      ["event", null, null],
    ],
    [
      "a part without message",
      '{"type":"part","data":{"id":"p"}}',
      "The part has no `messageID`",
      ["part", null, "p"],
    ],
    [
      "a part without id",
      '{"type":"part","data":{"messageID":"m"}}',
      "The part has no `id`",
      ["part", "m", null],
    ],
    ["no info", '{"parts":[]}', "The message has no `info`", ["message", null, null]],
    [
      "parts that are no array",
      '{"info":{"id":"x"},"parts":{}}',
      "`parts` is not an array",
      ["part", "x", null],
    ],
    [
      "a part of a message without ids",
      '{"parts":[{"id":"p"}],"info":{"id":"m"}}',
      "The part has no `messageID`",
      ["part", null, "p"],
    ],
    [
      "a part that is no object",
      '{"info":{"id":"m"},"parts":[1]}',
      "The part is not an object",
      ["part", "m", null],
    ],
  ];
  const badIds = ["a/b", "a\\u002fb", "a\\u0000b", "\\ud800", "x".repeat(257), "é".repeat(129), ""];
  for (const id of badIds) {
    const reason = expect.stringContaining("The `id` of the part is not an id") as string;
    const text = `{"type":"part","data":{"id":"${id}","messageID":"m"}}`;
    skips.push([`the id ${id.slice(0, 9)}`, text, reason, ["part", "m", null]]);
  }

  test.each(skips)(
    "%s is skipped, and the next item is found",
    async (...[, element, reason, head]) => {
      for (const document of [`[${element},${good}]`, `{"data":[${element},${good}]}`]) {
        const { fault, skipped, items } = await scan(document, chunkBytes);
        expect(fault).toBeNull();
        expect(skipped).toHaveLength(1);
        expect(skipped).toMatchObject([{ reason }]);
        expect(skipped.map((one) => [one.type, one.messageId, one.partId])).toEqual([head]);
        expect(items.at(-1)).toMatchObject({ partId: "p" });
      }
    },
  );

  test("an item nested 513 to 1,000 levels is skipped, one of 512 is not", async () => {
    const item = (depth: number) => `{"type":"session_diff","data":${nest(depth)}}`;
    const parts = (depth: number) => `{"id":"p${depth}","a":${nest(depth - 1)}}`;
    const inArray = await scan(`[${[512, 513, 1_000].map(item).join(",")},${good}]`, chunkBytes);
    expect(inArray.elements.map(({ kind }) => kind)).toEqual([
      "item",
      "skipped",
      "skipped",
      "item",
    ]);
    const snapshot = `{"messages":[{"info":{"id":"m"},"parts":[${[512, 513, 1_000].map(parts).join(",")}]}]}`;
    const inParts = await scan(snapshot, chunkBytes);
    expect(inParts.elements.map(({ kind }) => kind)).toEqual([
      "item",
      "item",
      "skipped",
      "skipped",
    ]);
    const { fault } = await scan(`[${item(1_001)}]`, chunkBytes);
    expect(fault).toMatchObject({ fault: "too_deep" });
  });

  test("an item too large by one byte is skipped with its head, also twice in a row", async () => {
    const exact = partOf("fits", "x".repeat(40));
    const limits = { itemMaxBytes: Buffer.byteLength(exact) };
    const larger = (id: string, more: number) => partOf(id, "x".repeat(40 + more));
    const elements = [exact, larger("aaaa", 1), larger("bbbb", 1), larger("cccc", 500), exact];
    for (const text of [`[${elements.join(",")}]`, elements.join("\n")]) {
      const { elements: found, fault } = await scan(text, chunkBytes, { limits });
      expect(fault).toBeNull();
      expect(found.map(({ kind, partId }) => [kind, partId])).toEqual([
        ["item", "fits"],
        ["skipped", "aaaa"],
        ["skipped", "bbbb"],
        ["skipped", "cccc"],
        ["item", "fits"],
      ]);
      expect(found[1]).toMatchObject({
        byteLength: limits.itemMaxBytes + 1,
        type: "part",
        messageId: "m",
      });
    }
  });

  test("items of one unknown type without ids are skipped one by one, in both cores", async () => {
    const events = Array.from({ length: 10 }, (_, n) => `{"type":"event","data":{"n":${n}}}`);
    const document = `{"data":[${events.join(",")},{"type":"event","data":{"id":"e"}}]}`;
    for (const core of ["wasm", "reference"] as const) {
      const { items, skipped } = await scan(document, chunkBytes, { core });
      expect(skipped.map(({ index }) => index)).toEqual(events.map((_, n) => n));
      expect(items).toMatchObject([{ type: "event", messageId: "", partId: "e" }]);
    }
  });

  test("ids behind what is too large are still read", async () => {
    const large = `{"data":{"text":"${"x".repeat(500)}","messageID":"m","id":"late"},"type":"part"}`;
    const { skipped } = await scan(`[${large},${good}]`, chunkBytes, {
      limits: { itemMaxBytes: 100 },
    });
    expect(skipped).toMatchObject([{ type: "part", messageId: "m", partId: "late" }]);
  });

  test("a broken line is skipped, and the next line stands for itself", async () => {
    const broken = [
      `{"type":"part","data":{"id":"b","messageID":"m"`,
      "nonsense",
      `${good}${good}`,
      '{"a":tru}',
      "7",
    ];
    const lines = [good, ...broken, "", ` ${partOf("last")} \r`];
    const { items, skipped, fault } = await scan(`${lines.join("\n")}\n`, chunkBytes);
    expect(fault).toBeNull();
    expect(items.map(({ partId }) => partId)).toEqual(["p", "last"]);
    expect(skipped.map(({ byteLength }) => byteLength)).toEqual(broken.map((line) => line.length));
    expect(skipped[0]).toMatchObject({ type: "part", partId: "b", messageId: "m" });
    expect(skipped[4]).toMatchObject({ reason: "The element is not an object" });
  });

  test("a first line that is no item makes no document of its own", async () => {
    const { items, skipped, progress } = await scan(`{"version":1}\n${good}\n`, chunkBytes);
    expect(progress?.format).toBe("ndjson");
    expect(skipped).toMatchObject([{ reason: "The element has no `type`", byteLength: 13 }]);
    expect(items).toHaveLength(1);
  });

  test("one element alone may have line breaks in it", async () => {
    const { items, fault } = await scan(JSON.stringify(JSON.parse(good), null, 2), chunkBytes);
    expect(fault).toBeNull();
    expect(items).toMatchObject([{ partId: "p" }]);
  });
});

test("an aborted scan stops", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(scan(`[${good}]`, 7, { signal })).rejects.toThrow("enough");
});
