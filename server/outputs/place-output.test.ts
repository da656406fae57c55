import { expect, test } from "vitest";
import { decodeValue, encodeValue, isReference } from "./place-output.ts";

test.each([
  [65_535, undefined, false],
  [65_536, undefined, true],
  [65_535, -1, false],
  [65_536, -1, true],
  [0, 0, true],
  [1, 0, true],
  [9, 10, false],
  [10, 10, true],
  [1_048_575, 5_000_000, false],
  [1_048_576, 5_000_000, true],
])("%i bytes at a threshold of %s: a reference is %s", (bytes, threshold, expected) => {
  expect(isReference(bytes, threshold)).toBe(expected);
});

async function roundTrip(
  value: unknown,
  port: Pick<Parameters<typeof decodeValue>[0], "mode" | "format">,
) {
  const { mime, chunks } = encodeValue(value, port.mode);
  const gathered: Uint8Array[] = [];
  for await (const chunk of chunks) gathered.push(chunk);
  return decodeValue({ ...port, mime: mime ?? "application/octet-stream" }, gathered);
}

test("values come back as they were", async () => {
  const value = { list: [1, "two", null], text: "größe\0" };
  expect(await roundTrip(value, { mode: "object", format: null })).toEqual(value);
  expect(await roundTrip("text", { mode: "replace", format: null })).toBe("text");
  expect(await roundTrip('"text"', { mode: "append", format: null })).toBe('"text"');
  expect(await roundTrip(undefined, { mode: "replace", format: null })).toBeNull();
});

test("bytes come back in the form of their port, whatever form they had", async () => {
  const bytes = Uint8Array.of(9, 1, 2, 3).subarray(1);
  for (const given of [bytes, new Blob([bytes]), bytes.slice().buffer]) {
    const buffer = await roundTrip(given, { mode: "binary", format: "binary" });
    expect(new Uint8Array(buffer as ArrayBuffer)).toEqual(Uint8Array.of(1, 2, 3));
    const blob = await roundTrip(given, { mode: "binary", format: "blob" });
    expect(await (blob as Blob).arrayBuffer()).toEqual(Uint8Array.of(1, 2, 3).buffer);
  }
});

test("text is put together from pieces that end anywhere", () => {
  const bytes = Buffer.from("a€b");
  const pieces = [bytes.subarray(0, 2), bytes.subarray(2)];
  expect(decodeValue({ mode: "append", format: null, mime: "text/plain" }, pieces)).toBe("a€b");
});
