import { expect, test } from "vitest";
import type { Database } from "#server/database/database.ts";
import { findInSession } from "./find-in-session.ts";
import type { ItemInput } from "./item-input.ts";
import { readOutline } from "./read-outline.ts";
import { readPage } from "./read-page.ts";
import { readUsage } from "./read-usage.ts";
import { message, part, type ItemSession } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";
import { watchReads } from "./testing/watch-reads.ts";

const harness = useItemsTest();

const TURNS = 300;
const ANSWERS = 9;
const MESSAGES = TURNS * (ANSWERS + 1);
const BATCH_TURNS = 50;
/** PostgreSQL makes a statement's plan anew this often before it keeps one. */
const UNTIL_PLANS_ARE_KEPT = 8;

/** Some items and their messages, each looked up twice at most. */
const WINDOW_PAGES = 1_500;
/** Pages that a look-up by a key may take: the way down its index, and the row. */
const LOOK_UP_PAGES = 5;

const reads: Record<
  string,
  { run: (on: Database, it: ItemSession) => Promise<unknown>; maxPages: number }
> = {
  outline: {
    run: (database, it) => readOutline(database, { ...it, maxCount: 100 }),
    // The message and the parts of each, twice for counting tools and changes.
    maxPages: 100 * (ANSWERS + 1) * 4 * LOOK_UP_PAGES,
  },
  usage: {
    run: (database, it) => readUsage(database, { ...it, budgetMs: 60_000 }),
    maxPages: MESSAGES * 3 * LOOK_UP_PAGES,
  },
  find: {
    run: (database, it) =>
      findInSession(database, { ...it, text: "nowhere", maxFound: 10, budgetMs: 60_000 }),
    maxPages: MESSAGES * 3 * LOOK_UP_PAGES,
  },
  "the end": {
    run: (database, it) => readPage(database, it, {}),
    maxPages: WINDOW_PAGES,
  },
  "a window in the middle": {
    run: (database, it) => readPage(database, it, { around: "m0.5" }),
    maxPages: WINDOW_PAGES,
  },
  answers: {
    run: (database, it) => readPage(database, it, { around: "m0.5", only: "answers" }),
    maxPages: 2 * WINDOW_PAGES,
  },
  "link to a part": {
    run: (database, it) => readPage(database, it, { around: "p0.1.b" }),
    maxPages: MESSAGES * LOOK_UP_PAGES,
  },
};

const tool = (messageId: string, partId: string): ItemInput => ({
  ...part(messageId, partId),
  body: JSON.stringify({
    type: "tool",
    tool: "edit",
    state: { status: "completed", input: { oldString: "a", newString: "b" } },
  }),
});

function turnItems(turn: number): ItemInput[] {
  const answers = Array.from({ length: ANSWERS }, (_, n) => {
    const id = `m${turn}.${n + 1}`;
    const time = { created: turn * 100 + n + 1 };
    const suffix = `${turn}.${n + 1}`;
    return [
      message(id, { role: "assistant", cost: 0.5, time }),
      ...["a", "c"].map((name) => part(id, `p${suffix}.${name}`)),
      tool(id, `p${suffix}.b`),
    ];
  });
  const promptId = `m${turn}.0`;
  const prompt = [
    message(promptId, { time: { created: turn * 100 } }),
    part(promptId, `p${turn}.0.a`),
  ];
  return [...prompt, ...answers.flat()];
}

async function writeTurns(count: number): Promise<ItemSession> {
  const session = await harness.context.createSession();
  harness.session = session;
  for (let from = 0; from < count; from += BATCH_TURNS) {
    const length = Math.min(BATCH_TURNS, count - from);
    await harness.write(Array.from({ length }, (_, n) => turnItems(from + n)).flat());
  }
  return session;
}

async function expectCheap(session: ItemSession): Promise<void> {
  for (const [name, { run, maxPages }] of Object.entries(reads)) {
    const { touched, database } = watchReads(harness.context.database);
    await run(database, session);
    expect.soft(touched.pages, name).toBeLessThan(maxPages);
    expect.soft(touched.bySequence, name).toBe(0);
  }
}

test("what a reading costs does not depend on what PostgreSQL knows of the tables (#4)", async () => {
  const { sql } = harness.context.database;
  const tables = ["items", "messages"];
  for (const table of tables) await sql`alter table ${sql(table)} set (autovacuum_enabled = off)`;

  const small = await writeTurns(1);
  for (const table of tables) await sql`analyze ${sql(table)}`;
  for (let n = 0; n < UNTIL_PLANS_ARE_KEPT; n += 1)
    for (const { run } of Object.values(reads)) await run(harness.context.database, small);
  const large = await writeTurns(TURNS);
  await expectCheap(large);

  // As if nobody had ever looked.
  await sql`delete from pg_statistic where starelid in ('items'::regclass, 'messages'::regclass)`;
  await sql`update pg_class set reltuples = -1, relpages = 0 where relname in ('items', 'messages')`;
  await expectCheap(large);

  for (const table of tables) await sql`analyze ${sql(table)}`;
  await expectCheap(large);
});
