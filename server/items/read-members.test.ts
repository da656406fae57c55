import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readMembers } from "./read-members.ts";

const read = (text: string, names: string[]) =>
  Object.fromEntries(readMembers(Buffer.from(text), names));

test("finds what JSON.parse finds, in every object", () => {
  const names = ["role", "time", 'quote"d', "", "back\\slash"];
  const key = fc.oneof(fc.constantFrom(...names), fc.string());
  const document = fc.dictionary(key, fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(document, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const parsed = JSON.parse(text) as Record<string, unknown>;
      const expected = Object.fromEntries(
        names.filter((name) => Object.hasOwn(parsed, name)).map((name) => [name, parsed[name]]),
      );
      expect(read(text, names)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (noise, text) => {
      expect(() => readMembers(Buffer.from(noise), ["a"])).not.toThrow();
      expect(() => readMembers(Buffer.from(`{"a":${text}`), ["a"])).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test("of equal names the last one counts, and an escaped name is the same name", () => {
  expect(read('{"a":1,"\\u0061":2}', ["a"])).toEqual({ a: 2 });
});

test("a member named __proto__ is an ordinary member", () => {
  expect(readMembers(Buffer.from('{"__proto__":{"a":1}}'), ["__proto__"]).get("__proto__")).toEqual(
    { a: 1 },
  );
});

test.each(["", "null", "[1]", '"text"', "{", '{"b"', '{"b":'])("%j has none", (text) => {
  expect(read(text, ["b"])).toEqual(text === '{"b":' ? { b: undefined } : {});
});

test("a value behind 40 MB of others is found, and a long value is left out", () => {
  const text = `{"long":"${"x".repeat(40_000_000)}","role":"user"}`;
  expect(read(text, ["role", "long"])).toEqual({ role: "user", long: undefined });
});
