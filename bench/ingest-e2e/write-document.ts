import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";

const TEXT_BYTES = 440;
const PARTS_PER_MESSAGE = 20;

/** A file of `count` small items, as an agent's session has them: a message, then its parts. */
export async function writeDocument(path: string, count: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('{"data":[');
  for (let n = 0; n < count; n += 1) {
    const isLast = n === count - 1;
    if (!file.write(`${itemText(n)}${isLast ? "]}" : ","}`)) await once(file, "drain");
  }
  file.end();
  await finished(file);
}

function itemText(n: number): string {
  const messageId = `msg_${String(Math.floor(n / PARTS_PER_MESSAGE)).padStart(8, "0")}`;
  if (n % PARTS_PER_MESSAGE === 0) {
    const data = { id: messageId, role: "assistant", time: { created: 1_000 + n }, cost: 0.001 };
    return JSON.stringify({ type: "message", data });
  }
  const text = `${n} ${"lorem ipsum ".repeat(TEXT_BYTES / 12)}`;
  const id = `prt_${String(n).padStart(10, "0")}`;
  return JSON.stringify({ type: "part", data: { id, messageID: messageId, type: "text", text } });
}
