import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { writeItems } from "./write-items.ts";

const harness = useItemsTest();

const model = (modelID: string, created: number) => ({
  providerID: "acme",
  modelID,
  time: { created },
});
const answerBy = (id: string, modelID: string, created: number) =>
  message(id, { role: "assistant", ...model(modelID, created) });

describe("messages", () => {
  test("rows follow their items: role, place, turn, parts, bytes", async () => {
    await harness.write([
      message("m1", { time: { created: 1_000 } }),
      part("m1", "p1"),
      message("m2", { role: "assistant", time: { created: 2_000 } }),
      part("m2", "p2"),
      part("m2", "p3"),
      message("m3", { time: { created: 3_000 } }),
    ]);
    const rows = await harness.readMessages();
    expect(rows).toMatchObject([
      { messageId: "m1", role: "user", sortKey: "0000000000001000", turn: 1, partCount: 1 },
      { messageId: "m2", role: "assistant", sortKey: "0000000000002000", turn: 1, partCount: 2 },
      { messageId: "m3", role: "user", turn: 2, partCount: 0 },
    ]);
    const items = await harness.readRows();
    const sizes = items.filter((item) => item.messageId === "m2").map((item) => item.byteSize);
    expect(rows[1]!.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test("a part that comes first makes a placeholder at the end, and its message finds its place once", async () => {
    await harness.write([
      message("m1", { time: { created: 1_000 } }),
      message("m3", { time: { created: 3_000 } }),
    ]);
    await harness.write([part("m2", "p1")]);
    expect((await harness.readMessages()).at(-1)).toMatchObject({
      messageId: "m2",
      role: null,
      turn: 0,
      partCount: 1,
    });
    const late = message("m2", { role: "assistant", time: { created: 2_000 } });
    expect((await harness.write([late])).moved).toEqual([
      { messageId: "m2", sortKey: "0000000000002000" },
    ]);
    expect((await harness.readMessages()).map((row) => [row.messageId, row.turn])).toEqual([
      ["m1", 1],
      ["m2", 1],
      ["m3", 2],
    ]);
    const later = message("m2", { role: "assistant", time: { created: 9_000 } });
    expect((await harness.write([later])).moved).toEqual([]);
    expect((await harness.readMessages()).map((row) => row.messageId)).toEqual(["m1", "m2", "m3"]);
  });

  test("turns are numbered alike whatever the order of arrival", async () => {
    const roles = fc.array(fc.constantFrom("user", "assistant"), { minLength: 1, maxLength: 8 });
    const scenario = roles.chain((list) =>
      fc.record({
        list: fc.constant(list),
        order: fc.shuffledSubarray([...list.keys()], { minLength: list.length }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        scenario,
        fc.integer({ min: 1, max: 3 }),
        async ({ list, order }, perWrite) => {
          await harness.startSession();
          const items = order.map((n) =>
            message(`m${n}`, { role: list[n], time: { created: n + 1 } }),
          );
          for (let n = 0; n < items.length; n += perWrite)
            await harness.write(items.slice(n, n + perWrite));
          const expected = list.map(
            (_, n) => list.slice(0, n + 1).filter((role) => role === "user").length,
          );
          expect((await harness.readMessages()).map((row) => row.turn)).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a deleted prompt is no turn, until it comes back", async () => {
    await harness.write(["m1", "m2", "m3"].map((id, n) => message(id, { time: { created: n } })));
    await harness.write([{ ...message("m1"), deleted: true }]);
    expect(await harness.readMessages()).toMatchObject([
      { deleted: true, bytes: 0 },
      { turn: 1 },
      { turn: 2 },
    ]);
    await harness.write([message("m1", { time: { created: 0 } })]);
    expect((await harness.readMessages()).map((row) => row.turn)).toEqual([1, 2, 3]);
  });
});

describe("turns of a transcript that comes from its end", () => {
  const COUNT = 6_000;
  const prompts = Array.from({ length: COUNT }, (_, n) =>
    message(`m${n}`, { time: { created: n + 1 } }),
  );
  const countWrongTurns = async () => {
    const rows = await harness.readMessages();
    return rows.filter((row, n) => row["turn"] !== n + 1).length;
  };

  test("are right after the write, whatever the size", async () => {
    await harness.write(prompts.toReversed());
    expect(await countWrongTurns()).toBe(0);
    expect((await harness.readSession())["turns_uncounted_from"]).toBeNull();
  });

  test("are made right by the next write when one broke off before it had counted them", async () => {
    async function* source() {
      yield* prompts.toReversed();
      throw new RangeError("the line broke");
    }
    const { context, session } = harness;
    const written = writeItems(context, { ...session, items: source(), received: 1 });
    await expect(written).rejects.toThrow("the line broke");
    expect(await countWrongTurns()).toBeGreaterThan(0);
    await harness.write(prompts.toReversed(), { received: 1 });
    expect(await countWrongTurns()).toBe(0);
  });
});

describe("the session's row", () => {
  const answer = (id: string, cost: number, tokens: number) =>
    message(id, { role: "assistant", cost, tokens: { input: tokens }, ...model("large", 1_000) });
  const title = (text: string): ItemInput => ({
    type: "session",
    messageId: "",
    partId: "",
    body: JSON.stringify({ title: text }),
  });

  test("cost and tokens count each message once, however often it is written", async () => {
    await harness.write([answer("m1", 0.25, 10), answer("m2", 0.5, 20)]);
    await harness.write([answer("m1", 0.25, 10)]);
    await harness.write([answer("m1", 0.75, 40)]);
    expect(await harness.readSession()).toMatchObject({
      cost_usd: 1.25,
      tokens: "60",
      model: "acme/large",
    });
    await harness.write([{ ...answer("m1", 0, 0), deleted: true }]);
    expect(await harness.readSession()).toMatchObject({ cost_usd: 1.25, tokens: "60" });
  });

  test("nothing said is not zero", async () => {
    await harness.write([message("m1", { role: "assistant" })]);
    expect(await harness.readSession()).toMatchObject({
      cost_usd: null,
      tokens: null,
      model: null,
    });
  });

  test("the model is that of the last answer, also when an earlier one is written later", async () => {
    await harness.write([answerBy("m2", "second", 2_000)]);
    await harness.write([answerBy("m1", "first", 1_000)]);
    expect((await harness.readSession())["model"]).toBe("acme/second");
    await harness.write([answerBy("m3", "third", 3_000)]);
    expect((await harness.readSession())["model"]).toBe("acme/third");
  });

  test("an agent's title replaces the prompt's and its own, never a person's", async () => {
    await harness.write([title("First")]);
    expect(await harness.readSession()).toMatchObject({ title: "First", title_source: "agent" });
    await harness.write([title("Second"), title("New session - 2026-11-20T00:00:00.000Z")]);
    expect((await harness.readSession())["title"]).toBe("First");
    await harness.write([title("Third")]);
    expect((await harness.readSession())["title"]).toBe("Third");
    await harness.context.database
      .sql`update sessions set title = 'Mine', title_source = 'person' where id = ${harness.session.sessionId}`;
    await harness.write([title("Fourth")]);
    expect(await harness.readSession()).toMatchObject({ title: "Mine", title_source: "person" });
  });

  test("a revision passes only when pages show a change", async () => {
    await harness.write([part("m1", "p1")]);
    expect(Number((await harness.readSession())["revision"])).toBe(1);
    await harness.write([title("First")]);
    expect(Number((await harness.readSession())["revision"])).toBe(2);
  });

  test("news of items and of the state is sent once, after commit, and not for a refused or empty change", async () => {
    const { lastSeq } = await harness.write([title("First"), part("m1", "p1")]);
    await harness.write([part("m1", "p1")]);
    await expect(harness.write([part("m1", "p2")], { fence: 1 })).rejects.toMatchObject({
      code: "conflict",
    });
    const last = await harness.write([part("m1", "p3")]);
    const { sessionId, generation } = harness.session;
    expect(
      harness.context.told.filter((news) => "sessionId" in news && news.sessionId === sessionId),
    ).toEqual([
      { kind: "items", sessionId, generation, seq: lastSeq },
      { kind: "state", sessionId, teamId: "team" },
      { kind: "items", sessionId, generation, seq: last.lastSeq },
    ]);
  });

  test("a message that costs less than it said before lowers the total, and one that comes back counts once", async () => {
    await harness.write([answer("m1", 0.75, 40), answer("m2", 0.5, 20)]);
    await harness.write([answer("m1", 0.25, 10)]);
    expect(await harness.readSession()).toMatchObject({ cost_usd: 0.75, tokens: "30" });
    await harness.write([{ ...answer("m1", 0, 0), deleted: true }]);
    await harness.write([answer("m1", 0.25, 10)]);
    expect(await harness.readSession()).toMatchObject({ cost_usd: 0.75, tokens: "30" });
  });

  test("an answer that names no model does not hide the one before it", async () => {
    const silent = message("m2", { role: "assistant", time: { created: 2_000 } });
    for (const items of [
      [answerBy("m1", "first", 1_000), silent],
      [silent, answerBy("m1", "first", 1_000)],
    ]) {
      await harness.startSession();
      for (const item of items) await harness.write([item]);
      expect((await harness.readSession())["model"]).toBe("acme/first");
    }
  });
});
