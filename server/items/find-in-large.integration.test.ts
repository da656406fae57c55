import { expect, test } from "vitest";
import type { ItemInput } from "./item-input.ts";
import { findInSession, type FindInSession } from "./find-in-session.ts";
import { openItemBody } from "./open-item-body.ts";
import { message, part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const MEGABYTE = 1_000_000;

const large = (partId: string, megabytes: number, text = "needle"): ItemInput => ({
  ...part("m1", partId),
  body: JSON.stringify({
    type: "tool",
    state: { output: `${"x".repeat(megabytes * MEGABYTE)} one ${text}\nmore` },
  }),
});

const find = (text: string, query: Partial<FindInSession> = {}) =>
  findInSession(harness.context.database, {
    ...harness.session,
    text,
    maxFound: 100,
    budgetMs: 60_000,
    openLarge: async ({ seq }) =>
      (await openItemBody(harness.context, { ...harness.session, seq })).stream,
    ...query,
  });

/** All answers of a search, each with the parts that it has found. */
async function findAll(text: string, query: Partial<FindInSession> = {}) {
  const answers: string[][] = [];
  let unsearchedCount = 0;
  for (let after: string | undefined; ;) {
    const page = await find(text, { ...query, after });
    answers.push(page.found.map(({ partId }) => partId));
    unsearchedCount += page.unsearchedCount;
    if (page.after === null) return { answers, unsearchedCount };
    after = page.after;
  }
}

test("a text in a body that is a blob is found, in the order of the transcript (#4)", async () => {
  await harness.write([
    message("m1"),
    part("m1", "p1", "needle"),
    large("p2", 3, 'a \\ "needle" ü'),
    large("p3", 3, "nothing"),
    part("m1", "p4", "needle"),
  ]);
  const page = await find('a \\ "NEEDLE" Ü');
  expect(page).toMatchObject({ after: null, unsearchedCount: 0 });
  expect(page.found).toEqual([
    {
      messageId: "m1",
      partId: "p2",
      count: 1,
      snippet: { before: `${"x".repeat(55)} one `, match: 'a \\ "needle" ü', after: " more" },
    },
  ]);
  expect(await findAll("needle")).toEqual({ answers: [["p1", "p2", "p4"]], unsearchedCount: 0 });
});

test("an answer looks through so many bytes, says what it left out, and a thorough search finds it (#4)", async () => {
  await harness.write([
    message("m1"),
    large("p1", 9),
    part("m1", "p2", "needle"),
    large("p3", 9),
    large("p4", 3),
    large("p5", 17),
  ]);
  expect(await findAll("needle")).toEqual({ answers: [["p1", "p2", "p4"]], unsearchedCount: 2 });
  expect(await findAll("needle", { isThorough: true })).toEqual({
    answers: [
      ["p1", "p2", "p3"],
      ["p4", "p5"],
    ],
    unsearchedCount: 0,
  });
  expect(await findAll("needle", { isThorough: true, budgetMs: 0 })).toEqual({
    answers: [["p1"], ["p2", "p3"], ["p4"], ["p5"], []],
    unsearchedCount: 0,
  });
});

test("what cannot be read is counted, and the search goes on", async () => {
  await harness.write([message("m1"), large("p1", 3), part("m1", "p2", "needle")]);
  await harness.context.blobs.delete(await harness.context.listKeys());
  for (const isThorough of [false, true])
    expect(await findAll("needle", { isThorough })).toEqual({
      answers: [["p2"]],
      unsearchedCount: 1,
    });
  expect(await findAll("needle", { openLarge: undefined })).toMatchObject({ unsearchedCount: 1 });
});

test.each([
  ["plain", "\\u0070lain"],
  ["a < b", "a \\u003c b"],
  ["日本 ok", "\\u65e5\\u672c \\u006f\\u006b"],
  ["ПРИВЕТ", "\\u043f\\u0440\\u0438\\u0432\\u0435\\u0442"],
  ["😀 yes", "\\ud83d\\ude00 yes"],
  ["tab\there", "tab\\u0009here"],
  ['"q"', "\\u0022q\\u0022"],
  ["a\\d", "a\\u005cd"],
  ["x".repeat(60), `\\u0078${"x".repeat(59)}`],
  ["привет", "Привет"],
  ["日本", "日本"],
  ["50%_\\", "50%_\\\\"],
  ["$(a|b)^[c]{2}", "\\u0024(a|b)^[c]{2}"],
])("finds %j where JSON says %s", async (text, json) => {
  await harness.write([
    message("m1"),
    { ...part("m1", "p1"), body: `{"type":"text","text":"so ${json} it is"}` },
    { ...part("m1", "p2"), body: `{"type":"text","text":"\\u001b[0m nothing","x":"so"}` },
  ]);
  expect(await findAll(text)).toEqual({ answers: [["p1"]], unsearchedCount: 0 });
});

test("bodies without the text do not come out of the database, whatever its letters", async () => {
  const { context } = harness;
  const bodies = Array.from({ length: 300 }, (_, n) => part("m1", `p${n}`, `ничего ${n} 日`));
  await harness.write([message("m1"), ...bodies, part("m1", "q", "привет 日本")]);
  const seen: string[] = [];
  for (const text of ["ПРИВЕТ", "日本"])
    await findInSession(context.database, {
      ...harness.session,
      text,
      maxFound: 100,
      budgetMs: 60_000,
      rewrite: ({ partId, body }) => {
        seen.push(partId);
        return body;
      },
    });
  expect(seen).toEqual(["q", "q"]);
});
