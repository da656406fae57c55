import { createHash } from "node:crypto";

/** In another order, every order being as likely. */
export function shuffle<Value>(values: readonly Value[], random: () => number): Value[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as Value, shuffled[last] as Value];
  }
  return shuffled;
}

/** Sessions to import, each with a message of its own. */
export const importLines = (count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      index,
      data: [{ type: "message", data: { id: `msg_${index}`, role: "user", text: "ü".repeat(40) } }],
    }),
  );

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
