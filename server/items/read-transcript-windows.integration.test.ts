import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { TranscriptPage } from "#lib/transcript.ts";
import type { ItemInput } from "./item-input.ts";
import { readTranscript, type TranscriptQuery } from "./read-transcript.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { writeItems } from "./write-items.ts";

const harness = useItemsTest();

const read = (query: Partial<TranscriptQuery> = {}) =>
  readTranscript(harness.context.database, {
    ...harness.session,
    maxCount: 100,
    maxBytes: 1_000_000,
    ...query,
  });
const names = ({ items }: TranscriptPage) => items.map((item) => item.partId || item.messageId);

/** A prompt and three answers with two parts each, for every turn. */
const turns = (count: number): ItemInput[] =>
  Array.from({ length: count }, (_, turn) => [
    message(`u${turn}`, { time: { created: turn * 10 } }),
    part(`u${turn}`, `u${turn}p`),
    ...[1, 2, 3].flatMap((answer) => [
      message(`a${turn}.${answer}`, { role: "assistant", time: { created: turn * 10 + answer } }),
      part(`a${turn}.${answer}`, `a${turn}.${answer}p1`),
      part(`a${turn}.${answer}`, `a${turn}.${answer}p2`),
    ]),
  ]).flat();

/** Every window from one edge on, until there is none. */
async function readAll(query: Partial<TranscriptQuery>, direction: "before" | "after") {
  return readOn(await read({ ...query, around: direction === "before" ? "end" : "start" }), query);
}

/** What windows before and after a window bring, together with it. */
async function readOn(first: TranscriptPage, query: Partial<TranscriptQuery>) {
  let all = names(first);
  for (const direction of ["before", "after"] as const) {
    for (let place = first[direction]; place !== null;) {
      const page = await read({ ...query, [direction]: place });
      const found = names(page);
      place = page[direction];
      expect(found.length > 0 || place === null).toBe(true);
      // A message that was cut is in both windows.
      all =
        direction === "before"
          ? [...found, ...all.filter((name) => !found.includes(name))]
          : [...all, ...found.filter((name) => !all.includes(name))];
    }
  }
  return all;
}

describe("windows", () => {
  test("go forward and backward over every item, and around each of them", async () => {
    const shape = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (partCounts, maxCount, maxItems) => {
          await harness.startSession();
          const items = partCounts.flatMap((count, m) => [
            message(`m${m}`, { time: { created: m } }),
            ...Array.from({ length: count }, (_, p) => part(`m${m}`, `p${m}.${p}`)),
          ]);
          await harness.write(items);
          const all = items.map((item) => item.partId || item.messageId);
          const limits = { maxCount, maxItems };
          expect(await readAll(limits, "before")).toEqual(all);
          expect(await readAll(limits, "after")).toEqual(all);
          const asked = [0, 0.3, 0.6, 1].map((share) => Math.floor(share * (items.length - 1)));
          for (const { messageId, partId } of asked.map((index) => items[index]!)) {
            const place = partId === "" ? messageId : `${messageId}/${partId}`;
            const page = await read({ ...limits, around: place });
            expect(page.around).toBe(place);
            expect(names(page)).toContain(partId || messageId);
            expect(await readOn(page, limits)).toEqual(all);
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test("never hold more than 8 MiB, whatever is asked for", async () => {
    const body = JSON.stringify("x".repeat(1_900_000));
    await harness.write([
      message("m1"),
      ...Array.from({ length: 8 }, (_, n) => ({ ...part("m1", `p${n}`), body })),
    ]);
    const page = await read({ maxBytes: 1e9, inlineMaxBytes: 1e9 });
    expect(names(page)).toEqual(["m1", "p4", "p5", "p6", "p7"]);
    expect(page.before).toBe("m1/p4");
    const small = await read();
    expect(small.items[1]).toMatchObject({ body: null, byteSize: body.length });
    expect(Buffer.byteLength(small.items[1]!.preview!)).toBeLessThanOrEqual(8_192);
  });
});

describe("a session of turns", () => {
  beforeEach(async () => {
    await harness.write(turns(4));
  });

  test("tells the prompt that the first message of a window belongs to", async () => {
    expect(await read({ around: "a2.2", maxItems: 2 })).toMatchObject({ firstPromptId: "u2" });
    expect(await read({ around: "start" })).toMatchObject({ firstPromptId: "u0" });
  });

  test("is read around a turn and around a part alone", async () => {
    const turn = await read({ around: "turn:3", maxItems: 5 });
    expect(turn.around).toBe("u2");
    expect(names(turn)).toContain("u2p");
    const ofPart = await read({ around: "a1.2p2", maxItems: 3 });
    expect(ofPart.around).toBe("a1.2/a1.2p2");
    expect(names(ofPart)).toContain("a1.2p2");
  });

  test("is cut between turns where a whole one fits, else in the middle of one", async () => {
    const whole = { maxItems: 15, endsWithTurns: true };
    const first = await read({ ...whole, around: "start" });
    expect([names(first)[0], names(first).at(-1), first.after]).toEqual([
      "u0",
      "a0.3p2",
      "a0.3/a0.3p2",
    ]);
    expect(first.endsInTurn).toBe(false);
    expect(await read({ maxItems: 15, around: "start" })).toMatchObject({ endsInTurn: true });
    const last = await read({ ...whole, around: "end" });
    expect([names(last)[0], last.before]).toEqual(["u3", "u3"]);
    const cut = { maxItems: 4, endsWithTurns: true };
    for (const query of [whole, cut])
      for (const direction of ["before", "after"] as const)
        expect(await readAll(query, direction)).toEqual(
          turns(4).map((item) => item.partId || item.messageId),
        );
  });

  test("has prompts and answers alone when only these are wanted", async () => {
    const expected = [0, 1, 2, 3].flatMap((turn) => [
      `u${turn}`,
      `u${turn}p`,
      `a${turn}.3`,
      `a${turn}.3p1`,
      `a${turn}.3p2`,
    ]);
    for (const maxCount of [1, 2, 3, 100]) {
      expect(await readAll({ only: "answers", maxCount }, "after")).toEqual(expected);
      expect(await readAll({ only: "answers", maxCount }, "before")).toEqual(expected);
    }
  });

  test("shows nothing outside of a span", async () => {
    const span = { fromMessageId: "u1", toMessageId: "u2" };
    const inside = turns(4)
      .filter(({ messageId }) => /^[ua][12]/.test(messageId))
      .map((item) => item.partId || item.messageId);
    for (const maxItems of [2, 5, 100]) {
      expect(await readAll({ span, maxItems }, "after")).toEqual(inside);
      expect(await readAll({ span, maxItems }, "before")).toEqual(inside);
    }
    expect(await readAll({ span: { fromMessageId: "u9" } }, "after")).toEqual([]);
  });

  test("shows nothing that was written after a moment", async () => {
    const { cursor } = await read();
    await harness.write([
      ...Array.from({ length: 10 }, (_, n) => message(`late${n}`, { time: { created: 900 + n } })),
      part("a3.3", "a3.3p2", "changed"),
      part("a3.3", "a3.3p3"),
    ]);
    const all = await readAll({ span: { maxSeq: cursor.seq }, maxCount: 2 }, "before");
    expect(all).toEqual(
      turns(4)
        .map((item) => item.partId || item.messageId)
        .filter((name) => name !== "a3.3p2"),
    );
  });

  test("has a hole where an item was refused", async () => {
    const refused = { refused: "Larger than 50 MB", byteSize: 61_000_000, type: "part" };
    await writeItems(harness.context, {
      ...harness.session,
      items: [
        { ...refused, messageId: "a1.1", partId: "a1.1p0" },
        { ...refused, messageId: "a3.1", partId: "a3.1p0" },
      ],
    });
    expect((await read({ around: "a1.1", maxItems: 4 })).holes).toEqual([
      { messageId: "a1.1", partId: "a1.1p0", byteSize: 61_000_000, reason: "Larger than 50 MB" },
    ]);
  });
});
