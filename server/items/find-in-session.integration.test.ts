import { describe, expect, test } from "vitest";
import type { FoundItem } from "#lib/transcript.ts";
import { findInSession, type FindInSession } from "./find-in-session.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const find = (text: string, query: Partial<FindInSession> = {}) =>
  findInSession(harness.context.database, {
    ...harness.session,
    text,
    maxFound: 100,
    budgetMs: 10_000,
    ...query,
  });
const names = (found: readonly FoundItem[]) => found.map(({ partId }) => partId);

describe("finding in a session", () => {
  test("counts in the order of the transcript, whatever the case", async () => {
    await harness.write([
      message("m2", { time: { created: 2 } }),
      part("m2", "p2", "an Orchard, orchards"),
      message("m1", { time: { created: 1 } }),
      part("m1", "p1", "before\nthe ORCHARD after"),
      part("m1", "p0", "nothing"),
    ]);
    const { found, after, unsearchedCount } = await find("orchard");
    expect(found).toEqual([
      {
        messageId: "m1",
        partId: "p1",
        count: 1,
        snippet: { before: "before the ", match: "ORCHARD", after: " after" },
      },
      expect.objectContaining({ messageId: "m2", partId: "p2", count: 2 }),
    ]);
    expect({ after, unsearchedCount }).toEqual({ after: null, unsearchedCount: 0 });
  });

  test.each([
    ['say "hello"', 'they say \\"hello\\" twice'],
    ["a/b", "a\\/b"],
    ["ÉTÉ", "\\u00e9t\\u00e9"],
    ["100% of_it", "100% of_it"],
    ["line\nbreak", "line\\nbreak"],
    ["C:\\dir", "C:\\\\dir"],
    ["(a|b)*", "(a|b)*"],
  ])("finds %j however JSON writes it", async (text, json) => {
    const body = `{"type":"text","text":"${json}"}`;
    await harness.write([message("m1"), { ...part("m1", "p1"), body }, part("m1", "p2", "other")]);
    expect(names((await find(text)).found)).toEqual(["p1"]);
  });

  test("does not take names of members, ids and escapes for text", async () => {
    await harness.write([message("m1", { time: { created: 1 } }), part("m1", "p1", "a\nb")]);
    for (const text of ["created", "m1", "\\n", "text"])
      expect((await find(text)).found).toEqual([]);
  });

  test("goes on where an answer ended, without gap and without duplicate", async () => {
    const texts = Array.from({ length: 250 }, (_, n) => part("m1", `p${1000 + n}`, "needle"));
    await harness.write([message("m1"), ...texts, message("m2"), part("m2", "q", "needle")]);
    const all: string[] = [];
    let after: string | undefined;
    do {
      const page = await find("needle", { after, maxFound: 60 });
      expect(page.found.length).toBeLessThanOrEqual(160);
      all.push(...names(page.found));
      after = page.after ?? undefined;
    } while (after !== undefined);
    expect(all).toEqual([...texts.map(({ partId }) => partId), "q"]);
  });

  test("an answer holds so many bytes of bodies at once, and the search loses none (#4)", async () => {
    const text = `${"x".repeat(1_000_000)} needle`;
    const texts = Array.from({ length: 11 }, (_, n) => part("m1", `p${10 + n}`, text));
    await harness.write([message("m1"), ...texts]);
    const first = await find("needle", { maxFound: 1 });
    expect(first.found).toHaveLength(5);
    const rest = await find("needle", { after: first.after! });
    expect(names([...first.found, ...rest.found])).toEqual(texts.map(({ partId }) => partId));
    expect(rest.after).toBeNull();
  });

  test("answers when its time is over, and says so", async () => {
    await harness.write([message("m1"), part("m1", "p1", "needle")]);
    const page = await find("needle", { budgetMs: 0 });
    expect(page.after).not.toBeNull();
    expect(await find("needle", { after: page.after! })).toMatchObject({ found: [], after: null });
  });

  test("counts what is too large to be searched, and stays within a span", async () => {
    await harness.write([
      message("m1", { time: { created: 1 } }),
      { ...part("m1", "p1"), body: JSON.stringify({ text: `needle${"x".repeat(2_100_000)}` }) },
      message("m2", { time: { created: 2 } }),
      part("m2", "p2", "needle"),
    ]);
    expect(await find("needle")).toMatchObject({ unsearchedCount: 1 });
    const inSpan = await find("needle", { span: { fromMessageId: "m2" } });
    expect(inSpan).toMatchObject({ unsearchedCount: 0, found: [{ partId: "p2" }] });
  });

  test("refuses to look for nothing, and a malformed place", async () => {
    await expect(find(" ")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(find("x", { after: "a/b/c" })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(find("x", { after: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });
});
