import type { ItemInput } from "#server/items/item-input.ts";

/** What a part of an agent's answer weighs on average. */
export const ITEM_BYTES = 536;

/** Parts with bodies of `ITEM_BYTES`, forty to a message, as bytes: that is how a scanner hands them on. */
export function partItems(count: number): ItemInput[] {
  return Array.from({ length: count }, (_, n) => ({
    type: "part",
    messageId: idOf("msg", Math.floor(n / 40)),
    partId: idOf("prt", n),
    body: bodyOf(n),
  }));
}

const idOf = (prefix: string, n: number) => `${prefix}_${n.toString(36).padStart(26, "0")}`;

function bodyOf(n: number): Buffer {
  const head = `{"id":"${idOf("prt", n)}","type":"text","text":"`;
  const text = `Line ${n} of the answer: the test is \\"green\\".\\n`;
  const tail = '","time":{"start":1763600000000}}';
  const room = ITEM_BYTES - head.length - tail.length;
  // An escape that the cut would split is no JSON any more.
  return Buffer.from(head + text.repeat(Math.floor(room / text.length)).padEnd(room, ".") + tail);
}
