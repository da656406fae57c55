import { expect, test } from "vitest";
import type { FindPage, TranscriptPage } from "#lib/transcript.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { deletedOf, turn, useSharesTest } from "./testing/use-shares-test.ts";

const shares = useSharesTest();
const database = () => shares.web.server.services.database;

async function readTexts(token: string, rest = "transcript?around=start"): Promise<string> {
  const { status, text } = await shares.get(token, rest);
  expect(status, text).toBe(200);
  return (JSON.parse(text) as TranscriptPage).items
    .map(({ body, preview }) => body ?? preview)
    .join("\n");
}

test("a range of turns shows these and no others, whatever is asked for", async () => {
  const first = turn("First prompt", "First answer");
  const second = turn("Second prompt", "Second answer");
  await shares.write([...first, ...second, ...turn("Third prompt", "Third answer")]);
  const messageId = second[0]!.messageId;
  const { token } = await shares.share({ fromMessageId: messageId, toMessageId: messageId });
  for (const place of [
    "around=start",
    "around=end",
    `around=${first[0]!.messageId}`,
    `after=${first[0]!.messageId}`,
    "around=turn:1",
  ]) {
    const { text } = await shares.get(token, `transcript?${place}`);
    expect(text, place).not.toMatch(/First|Third/);
  }
  expect(await readTexts(token)).toContain("Second prompt");
  expect((await shares.get(token, "outline")).text).not.toMatch(/First|Third/);
  expect((await shares.get(token, "find?text=First")).text).toContain('"found":[]');
  const rows = await database().sql<
    { seq: string }[]
  >`select seq from items where session_id = ${shares.sessionId}`;
  for (const { seq } of rows)
    expect((await shares.get(token, `items/${seq}/body`)).text).not.toMatch(/First|Third/);
});

test("a frozen share shows nothing that was written after it, a live one does", async () => {
  const items = turn("First prompt", "First answer");
  await shares.write(items);
  const frozen = await shares.share({ mode: "frozen" });
  const live = await shares.share();
  const answer = items.at(-1)!;
  const changed = {
    ...answer,
    body: String(answer.body).replace("First answer", "Changed answer"),
  };
  await shares.write([changed, ...turn("Second prompt", "Second answer")]);
  expect(await readTexts(frozen.token)).not.toMatch(/Changed|Second/);
  expect(await readTexts(frozen.token)).toContain("First prompt");
  expect(await readTexts(live.token)).toMatch(/Changed[^]*Second/);
});

test("parts of the next prompt are not shown before their message comes, nor behind it (#4)", async () => {
  const first = turn("First prompt", "First answer");
  const [message, ...parts] = turn("Second prompt", "Second answer");
  await shares.write(first);
  const { token } = await shares.share({ toMessageId: first[0]!.messageId });
  const shown = await readTexts(token);
  expect(shown).toContain("First answer");
  const partOfPrompt = parts[0]!;
  for (const items of [[partOfPrompt], [message!]]) {
    await shares.write(items);
    expect(await readTexts(token)).toBe(shown);
    expect(await readTexts(token, "transcript?around=end")).not.toContain("Second");
    expect((await shares.get(token, "find?text=Second")).text).toContain('"found":[]');
    for (const format of ["json", "md"])
      expect((await shares.get(token, `export?format=${format}`)).text).not.toContain("Second");
  }
});

test("a running turn is not frozen; without another there is nothing to freeze", async () => {
  const { sql } = database();
  await shares.write(turn("First prompt", "First answer"));
  await sql`update sessions set status = 'working' where id = ${shares.sessionId}`;
  await expect(shares.share({ mode: "frozen" })).rejects.toMatchObject({ code: "conflict" });
  await shares.write(turn("Second prompt", "Second answer"));
  const { token } = await shares.share({ mode: "frozen" });
  expect(await readTexts(token)).not.toContain("Second");
});

/** Three turns, and a share of the one in the middle. */
async function shareMiddle(mode: "live" | "frozen") {
  const [first, second, third] = [
    turn("First prompt", "First answer"),
    turn("Second prompt", "Second answer"),
    turn("Third prompt", "Third answer"),
  ];
  await shares.write([...first, ...second, ...third]);
  const messageId = second[0]!.messageId;
  const { token } = await shares.share({
    mode,
    fromMessageId: messageId,
    toMessageId: messageId,
  });
  return { token, first, second, third };
}

test.each(["live", "frozen"] as const)(
  "a %s share of turns keeps them when prompts around them are deleted, or older ones are brought",
  async (mode) => {
    const early = turn("Early prompt", "Early answer");
    const { token, first, second, third } = await shareMiddle(mode);
    const shown = await readTexts(token);
    expect(shown).toMatch(/Second prompt[^]*Second answer/);
    // The answer of the third turn stays behind without its prompt.
    for (const change of [first.slice(0, 2), third.slice(0, 1), early, first.slice(2)]) {
      await shares.write(change === early ? early : deletedOf(change));
      expect(await readTexts(token)).toBe(shown);
      expect((await shares.get(token, "outline")).text).not.toMatch(/First|Third|Early/);
    }
    await shares.write(deletedOf(second.slice(0, 1)));
    expect(await readTexts(token)).not.toMatch(/First|Third|Early/);
  },
);

test("prompts are chosen that are there, in their order, and named by their numbers", async () => {
  const { first, second } = await shareMiddle("live");
  const [one, two] = [first[0]!.messageId, second[0]!.messageId];
  const inOrder = shares.share({ fromMessageId: one, toMessageId: two });
  await expect(inOrder).resolves.toHaveProperty("token");
  await expect(shares.share({ fromMessageId: two, toMessageId: one })).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "toMessageId" },
  });
  for (const wishes of [{ fromMessageId: "msg_none" }, { toMessageId: second[2]!.messageId }])
    await expect(shares.share(wishes)).rejects.toMatchObject({ code: "invalid_input" });
});

test("what came after its owner looked is not frozen with it", async () => {
  await shares.write(turn("First prompt", "First answer"));
  const { sql } = database();
  const [row] = await sql<{ seq: string }[]>`
    select last_seq as seq from sessions where id = ${shares.sessionId}`;
  await shares.write(turn("Second prompt", "Second answer"));
  const { token } = await shares.share({ mode: "frozen", seenSeq: Number(row!.seq) });
  expect(await readTexts(token)).toContain("First answer");
  expect(await readTexts(token)).not.toContain("Second");
});

/** A frozen share of a session as it was seen after `seen`, made after `later` has come. */
async function freezeSeen(seen: ItemInput[], later: ItemInput[], status: "working" | "idle") {
  const seenSeq = await shares.write(seen);
  await shares.write(later);
  await database().sql`update sessions set status = ${status} where id = ${shares.sessionId}`;
  return readTexts((await shares.share({ mode: "frozen", seenSeq })).token);
}

test.each([
  ["two turns", [...turn("First prompt", "First answer"), ...turn("Second prompt", "Last answer")]],
  ["one turn", turn("First prompt", "Last answer")],
])("%s that had ended when they were seen are frozen while the next runs (#4)", async (_, seen) => {
  const texts = await freezeSeen(seen, turn("Next prompt", "Next answer"), "working");
  expect(texts).toMatch(/First prompt[^]*Last answer/);
  expect(texts).not.toContain("Next");
});

test("a turn that was seen before its end is not frozen, though it has ended since (#4)", async () => {
  const first = turn("First prompt", "First answer");
  const second = turn("Second prompt", "Second answer");
  const seen = [...first, ...second.slice(0, -1)];
  const texts = await freezeSeen(seen, second.slice(-1), "idle");
  expect(texts).toContain("First answer");
  expect(texts).not.toContain("Second");
});

const addresses = [
  "",
  "transcript?around=start",
  "transcript?around=end&only=answers",
  "outline",
  "usage",
  ...["json", "ndjson", "md", "html"].map((format) => `export?format=${format}`),
];

/** All that a share says, but for the moment at which a file of it was made. */
async function readAll(token: string): Promise<Record<string, string>> {
  const entries = addresses.map(async (rest) => {
    const { text } = await shares.get(token, rest);
    const same = text
      .replaceAll(/\d{4}-\d\d-\d\d(?:T[\d:.]+Z| \d\d:\d\d)|\d{1,2} \w+ \d{4},? \d\d:\d\d/g, "")
      .replaceAll(/[0-9a-f]{64}/g, "");
    return [rest, same] as const;
  });
  const found = await findAll(token, "prompt");
  return { ...Object.fromEntries(await Promise.all(entries)), found };
}

/** In as many answers as it takes. */
async function findAll(token: string, text: string): Promise<string> {
  const found: object[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query = new URLSearchParams({ text, ...(after !== "" && { after }) });
    const page = JSON.parse((await shares.get(token, `find?${query.toString()}`)).text) as FindPage;
    found.push(...page.found);
    ({ after } = page);
  }
  return JSON.stringify(found);
}

test("a frozen share says the same whatever the session does afterwards", async () => {
  const { sql } = database();
  await sql`update sessions set model = 'apple-1', work_branch = 'orchard' where id = ${shares.sessionId}`;
  const [first, second] = [
    turn("First prompt", "First answer"),
    turn("Second prompt", "Second answer"),
  ];
  await shares.write([...first, ...second]);
  const { token } = await shares.share({ mode: "frozen" });
  const before = await readAll(token);
  expect(before[""]).toContain("apple-1");

  const goingOn = turn("Later prompt", "Later answer");
  const answer = second[2]!.messageId;
  await shares.write([
    // The last turn goes on: another part, another message, and another prompt.
    {
      type: "part",
      messageId: answer,
      partId: "prt_z",
      body: '{"type":"text","text":"prompt more"}',
    },
    { ...goingOn[2]!, body: JSON.stringify({ role: "assistant", cost: 3, tokens: { input: 9 } }) },
    ...goingOn,
  ]);
  await sql`
    update sessions set title = 'Later title', model = 'pear-2', work_branch = 'later', revision = revision + 1
    where id = ${shares.sessionId}`;
  expect(await readAll(token)).toEqual(before);
});
