import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { INLINE_ITEM_MAX_BYTES, ITEM_MAX_BYTES } from "#lib/limits.ts";
import type { ItemInput } from "./item-input.ts";
import { prepareItem } from "./prepare-item.ts";

const part: ItemInput = { type: "part", messageId: "msg_1", partId: "prt_1", body: '{"a":1}' };
const prepare = (change: Partial<ItemInput>) => prepareItem({ ...part, ...change }, 3);

test("text and bytes are measured and hashed alike", () => {
  const body = '{"a":"é\\u0000\\ud800","a":1.10}';
  const expected = {
    byteSize: 31,
    text: body,
    large: null,
    sha256: createHash("sha256").update(body).digest("hex"),
  };
  expect(prepare({ body })).toMatchObject(expected);
  expect(prepare({ body: new TextEncoder().encode(body) })).toMatchObject(expected);
});

test.each([
  [INLINE_ITEM_MAX_BYTES, "inline"],
  [INLINE_ITEM_MAX_BYTES + 1, "large"],
  [ITEM_MAX_BYTES, "large"],
  [ITEM_MAX_BYTES + 1, "refused"],
])("a body of %i bytes is %s", (bytes, expected) => {
  const entry = prepare({ body: Buffer.alloc(bytes, "x") });
  const place = entry.kind === "refused" ? "refused" : entry.large ? "large" : "inline";
  expect(place).toBe(expected);
  expect(entry.byteSize).toBe(bytes);
});

test("the limit counts UTF-8 bytes, not characters", () => {
  expect(prepare({ body: "é".repeat(INLINE_ITEM_MAX_BYTES / 2) })).toMatchObject({ large: null });
  expect(prepare({ body: `${"é".repeat(INLINE_ITEM_MAX_BYTES / 2)}x` })).toMatchObject({
    text: null,
  });
});

describe("is refused, with what is readable of its head:", () => {
  test.each<[string, Partial<ItemInput>]>([
    ["a raw NUL", { body: '"\0"' }],
    ["a raw NUL in bytes", { body: Uint8Array.of(0x22, 0, 0x22) }],
    ["half a surrogate pair", { body: '"\ud800"' }],
    ["bytes that are no UTF-8", { body: Uint8Array.of(0x22, 0xff, 0x22) }],
    ["an encoded surrogate", { body: Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22) }],
    ["an empty body", { body: "" }],
    ["an envelope with a NUL", { envelope: "\0" }],
    ["a huge envelope", { envelope: "x".repeat(INLINE_ITEM_MAX_BYTES + 1) }],
  ])("%s", (_, change) => {
    expect(prepare(change)).toMatchObject({
      kind: "refused",
      index: 3,
      type: "part",
      messageId: "msg_1",
      partId: "prt_1",
    });
  });

  test.each<[string, Partial<ItemInput>]>([
    ["no type", { type: "" }],
    ["a type with a slash", { type: "a/b" }],
    ["a part without id", { partId: "" }],
    ["a part without message", { messageId: "" }],
    ["an id with a NUL", { partId: "a\0b" }],
    ["an id with half a pair", { partId: "a\udc00" }],
    ["an id of 257 bytes", { messageId: `${"é".repeat(128)}x` }],
    ["a message with a part id", { type: "message" }],
  ])("%s", (_, change) => {
    expect(prepare(change)).toMatchObject({ kind: "refused" });
  });
});

test("a type that we do not know needs no ids", () => {
  expect(prepare({ type: "weather", messageId: "", partId: "" })).toMatchObject({
    kind: "prepared",
    message: null,
  });
});

test("a deletion needs no body", () => {
  expect(prepare({ deleted: true, body: "" })).toMatchObject({
    kind: "prepared",
    text: null,
    byteSize: 0,
    deleted: true,
  });
});
