import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { putIdsFirst } from "./put-ids-first.ts";

const [first, second] = [createMessageId(), createMessageId()] as [string, string];
const text = JSON.stringify([
  { id: first, parts: [{ messageID: first, text: `é "${first}", ${first}` }] },
  { id: second, parentID: first, tail: "msg_", other: "prt_d0fd904919800XTugukg2fUUpj" },
]);

async function put(chunkBytes: number): Promise<string> {
  const bytes = Buffer.from(text);
  async function* source() {
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of putIdsFirst(source())) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test.each([1, 2, 3, 7, 64, 10_000])(
  "ids come first, in their order: chunks of %i",
  async (size) => {
    const [one, two] = JSON.parse(await put(size)) as [Message, Message & { parentID: string }];
    expect(one.id).toMatch(/^msg_0000[0-9a-f]{12}[0-9A-Za-z]{10}$/);
    expect(one.id < two.id).toBe(true);
    expect([one.parts[0]?.messageID, two.parentID]).toEqual([one.id, one.id]);
  },
);

test("texts stay as they are", async () => {
  const [one, two] = JSON.parse(await put(7)) as [Message, object];
  expect(one.parts[0]?.text).toBe(`é "${first}", ${first}`);
  expect(two).toMatchObject({ tail: "msg_", other: "prt_d0fd904919800XTugukg2fUUpj" });
});

interface Message {
  id: string;
  parts: { messageID: string; text: string }[];
}
