import fc from "fast-check";
import { expect, test } from "vitest";
import { MESSAGE_END, splitMessages } from "./split-messages.ts";

const split = (text: string): string[] =>
  splitMessages(Buffer.from(text)).toString().split(String.fromCharCode(MESSAGE_END)).slice(0, -1);

test.each([
  ['{"a":1}', ['{"a":1}']],
  ['[{"a":1},{"b":2}]', ['{"a":1}', '{"b":2}']],
  ["[[1,2],[3,4]]", ["[1,2]", "[3,4]"]],
  ["[[[1,2,3]]]", ["[[1,2,3]]"]],
  ["[]", []],
  [" [ ] ", []],
  ['"a,b"', ['"a,b"']],
  ['["a,b]","c\\"],d","\\\\"]', ['"a,b]"', '"c\\"],d"', '"\\\\"']],
  ["\n[ 1 ,\t2 , null ]\r\n", ["1", "2", "null"]],
  ["[1.0, 1e400, 12345678901234567890]", ["1.0", "1e400", "12345678901234567890"]],
  ['[{"b":1,"a":2,"b":3}]', ['{"b":1,"a":2,"b":3}']],
  ['["é😀"]', ['"é😀"']],
])("takes one level of %s apart and leaves the rest as it came", (text, messages) => {
  expect(split(text)).toEqual(messages);
});

test("no JSON text holds the mark, so every array comes back as its elements", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 3), (values, indent) => {
      const text = JSON.stringify(values, null, indent);
      expect(split(text).map((message) => JSON.parse(message))).toEqual(JSON.parse(text));
    }),
  );
});

test.each(["{", "", "[1,]", "[1][2]", "\u001e", '"\u001e"', "\ufeff[]", "NaN"])(
  "refuses %j",
  (text) => {
    expect(() => splitMessages(Buffer.from(text))).toThrow("not JSON in UTF-8");
  },
);

test("refuses bytes that are no UTF-8", () => {
  expect(() => splitMessages(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("not JSON in UTF-8");
});

test("millions of elements take no more room than they came in", () => {
  const body = Buffer.from(`[${"0,".repeat(1_000_000)}0]`);
  const before = process.memoryUsage().arrayBuffers;
  const messages = splitMessages(body);
  expect(messages.byteLength).toBe(body.byteLength - 1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * body.byteLength);
});
