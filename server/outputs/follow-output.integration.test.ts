import { expect, test } from "vitest";
import { followOutput } from "./follow-output.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

async function begin(offset: number) {
  const writer = await harness.open({ heldMs: 20 });
  await writer.write(Buffer.from("0123"));
  const { signal } = new AbortController();
  const follower = await followOutput(harness.services, writer);
  const reader = follower.read({ offset, signal });
  return { writer, reader };
}

const next = async (reader: AsyncIterator<Uint8Array>) => {
  const { value, done } = await reader.next();
  return done ? null : Buffer.from(value).toString();
};

test("its bytes come from the offset on, each once, until it ends and is small enough for its row", async () => {
  const { writer, reader } = await begin(2);
  expect(await next(reader)).toBe("23");
  await writer.write(Buffer.from("456"));
  await writer.complete();
  expect(await next(reader)).toBe("456");
  expect(await next(reader)).toBeNull();
});

test("another value at its end is not taken for the rest, wherever the reader began", async () => {
  const { writer, reader } = await begin(2);
  expect(await next(reader)).toBe("23");
  await writer.complete(Buffer.from("abcdefgh"));
  await expect(next(reader)).rejects.toMatchObject({ code: "gone" });
});

test("one that ends in the middle, and one that ends before the offset, are no whole", async () => {
  const cut = await begin(0);
  expect(await next(cut.reader)).toBe("0123");
  await cut.writer.fail(new Error("broken"));
  await expect(next(cut.reader)).rejects.toMatchObject({ code: "unavailable" });
  const short = await harness.open({ port: "short" });
  await short.complete();
  const follower = await followOutput(harness.services, short);
  const reader = follower.read({ offset: 5, signal: new AbortController().signal });
  await expect(next(reader)).rejects.toThrow("before this");
});
