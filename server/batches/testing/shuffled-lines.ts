import { createHash } from "node:crypto";

/** Random numbers from 0 to below 1 that a seed makes the same every time (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
