import { expect, test } from "vitest";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import { createSession } from "#server/sessions/create-session.ts";
import { discardSession, deleteSession } from "#server/sessions/remove-session.ts";
import { createGate } from "#server/items/testing/item-session.ts";
import { indexSession } from "./index-session.ts";
import { startSearchWorker } from "./search-worker.ts";
import { textPart, turnItems, titlesOf, useLists } from "./testing/use-lists.ts";

const lists = useLists();

const readTexts = (sessionId: string) => lists.services.database.sql<{ text: string }[]>`
  select text from search_texts where session_id = ${sessionId} order by message_id, part_id, place`;
const textsOf = async (sessionId: string) => (await readTexts(sessionId)).map(({ text }) => text);
const access = (sessionId: string) => ({ sessionId, generation: 1, teamId: lists.viewer.teamId });

test("running twice, and at once, changes nothing", async () => {
  const sessionId = await lists.tell("t", [{ prompt: "one", output: "two" }]);
  await lists.index(sessionId);
  await Promise.all([lists.index(sessionId), lists.index(sessionId)]);
  expect((await textsOf(sessionId)).toSorted()).toEqual(["one", "two"]);
});

test("a text that changed is found as it is now, one that was deleted not at all", async () => {
  const sessionId = await lists.make("t");
  const [message, part] = turnItems({ prompt: "before" });
  await lists.write(sessionId, [message!, part!]);
  await lists.index(sessionId);
  await lists.write(sessionId, [{ ...part!, body: textPart("", "after").body }]);
  await lists.index(sessionId);
  expect(await textsOf(sessionId)).toEqual(["after"]);
  await lists.write(sessionId, [{ ...part!, body: "", deleted: true }]);
  await lists.index(sessionId);
  expect(await textsOf(sessionId)).toEqual([]);
});

test("parts of a deleted message are not found, whichever came first", async () => {
  const sessionId = await lists.make("t");
  const [message, part] = turnItems({ prompt: "stone" });
  await lists.write(sessionId, [message!, part!]);
  await lists.index(sessionId);
  await lists.write(sessionId, [{ ...message!, body: "", deleted: true }]);
  expect(titlesOf(await lists.search("stone"))).toEqual([]);
});

test("a part is found before its message has come, and as a prompt from then on", async () => {
  const sessionId = await lists.make("t");
  const [message, part] = turnItems({ prompt: "stone" });
  await lists.write(sessionId, [part!]);
  await lists.index(sessionId);
  expect((await lists.search("stone")).sessions[0]?.hit?.kind).toBe("answer");
  await lists.write(sessionId, [message!]);
  expect((await lists.search("stone")).sessions[0]?.hit?.kind).toBe("prompt");
});

test("the beginning of a body that is a blob is found", async () => {
  const output = `needle ${"hay ".repeat(INLINE_ITEM_MAX_BYTES / 4)}`;
  await lists.tell("large", [{ prompt: "p", output }]);
  expect((await lists.search("needle")).sessions[0]?.hit).toMatchObject({ kind: "output" });
});

test("an index that was killed in the middle goes on where it was", async () => {
  const sessionId = await lists.make("t");
  const turns = Array.from({ length: 300 }, (_, n) => ({ prompt: `prompt ${n}` }));
  await lists.write(sessionId, turns.flatMap(turnItems));
  const killed = new AbortController();
  const { sql } = lists.services.database;
  const dying = {
    ...lists.services,
    database: {
      ...lists.services.database,
      sql: Object.assign(
        // The first batch commits, then its process is gone: nothing is released.
        (...input: Parameters<typeof sql>) => {
          if (killed.signal.aborted) throw new Error("killed");
          return sql(...input);
        },
        sql,
        {
          begin: async (...input: Parameters<typeof sql.begin>) => {
            const done = await sql.begin(...input);
            killed.abort();
            return done;
          },
        },
      ) as unknown as typeof sql,
    },
  };
  await expect(indexSession(dying, sessionId)).rejects.toThrow("killed");
  const indexed = (await readTexts(sessionId)).length;
  expect(indexed).toBeGreaterThan(0);
  expect(indexed).toBeLessThan(300);
  expect(await lists.index(sessionId)).toBe(false);
  await sql`update search_cursors set claimed_until = now() where session_id = ${sessionId}`;
  await lists.index(sessionId);
  expect(await readTexts(sessionId)).toHaveLength(300);
});

test("a delete takes the texts along, and none come afterwards", async () => {
  const sessionId = await lists.tell("t", [{ prompt: "one" }]);
  await deleteSession(lists.services, access(sessionId));
  expect(await readTexts(sessionId)).toEqual([]);
  expect(await lists.index(sessionId)).toBe(false);
});

test("a delete waits for texts that are being written, and takes them along", async () => {
  const sessionId = await lists.tell("t", [{ prompt: "one" }]);
  const { sql } = lists.services.database;
  const gate = createGate();
  const written = createGate();
  const writing = sql.begin(async (tx) => {
    await tx`update search_cursors set seq = seq + 1 where session_id = ${sessionId}`;
    await tx`
      insert into search_texts (session_id, generation, message_id, part_id, place, text, words)
      values (${sessionId}, 1, 'm', 'p', 'text', 'late', to_tsvector('simple', 'late'))`;
    written.open();
    await gate.opened;
  });
  await written.opened;
  const deleting = deleteSession(lists.services, access(sessionId));
  gate.open();
  await Promise.all([writing, deleting]);
  expect(await readTexts(sessionId)).toEqual([]);
});

test("texts that were read before a delete are not written after it", async () => {
  const sessionId = await lists.tell("t", [{ prompt: "one" }]);
  await lists.write(sessionId, turnItems({ prompt: "two" }));
  const { sql } = lists.services.database;
  let isDeleted = false;
  const slow = {
    ...lists.services,
    database: {
      ...lists.services.database,
      sql: Object.assign((...input: Parameters<typeof sql>) => sql(...input), sql, {
        begin: async (...input: Parameters<typeof sql.begin>) => {
          if (!isDeleted) await deleteSession(lists.services, access(sessionId));
          isDeleted = true;
          return sql.begin(...input);
        },
      }) as unknown as typeof sql,
    },
  };
  await indexSession(slow, sessionId);
  expect(isDeleted).toBe(true);
  expect(await readTexts(sessionId)).toEqual([]);
});

test("texts that were read before somebody else went on are not written over theirs", async () => {
  const sessionId = await lists.make("t");
  const [message, part] = turnItems({ prompt: "before" });
  await lists.write(sessionId, [message!, part!]);
  const { sql } = lists.services.database;
  const ended = new AbortController();
  let isOvertaken = false;
  const overtake = async () => {
    isOvertaken = true;
    await lists.write(sessionId, [{ ...part!, body: textPart("", "after").body }]);
    // As if the first one had been away for longer than its claim holds.
    await sql`update search_cursors set claimed_until = now() where session_id = ${sessionId}`;
    await lists.index(sessionId);
  };
  const frozen = {
    ...lists.services,
    database: {
      ...lists.services.database,
      sql: Object.assign((...input: Parameters<typeof sql>) => sql(...input), sql, {
        begin: async (...input: Parameters<typeof sql.begin>) => {
          if (!isOvertaken) await overtake();
          ended.abort();
          return sql.begin(...input);
        },
      }) as unknown as typeof sql,
    },
  };
  await indexSession(frozen, sessionId, ended.signal);
  expect(await textsOf(sessionId)).toEqual(["after"]);
});

test("the next generation begins with an empty index", async () => {
  const sessionId = await lists.tell("t", [{ prompt: "old" }]);
  await deleteSession(lists.services, access(sessionId));
  await createSession(lists.services, lists.viewer, { sessionId, title: "again" });
  await lists.write(sessionId, turnItems({ prompt: "new" }));
  await lists.index(sessionId);
  expect(await textsOf(sessionId)).toEqual(["new"]);
  expect(titlesOf(await lists.search("old"))).toEqual([]);
});

test("a discarded session leaves no cursor", async () => {
  const sessionId = await lists.make("t");
  await lists.index(sessionId);
  await discardSession(lists.services, access(sessionId));
  const rows = await lists.services.database.sql`
    select from search_cursors where session_id = ${sessionId}`;
  expect(rows).toHaveLength(0);
});

test("a worker finds what is behind, and what is written while it runs", async () => {
  const before = await lists.make("before");
  await lists.write(before, turnItems({ prompt: "stone" }));
  const worker = startSearchWorker(lists.services);
  try {
    await expect.poll(() => textsOf(before), { timeout: 10_000 }).toEqual(["stone"]);
    const after = await lists.make("after");
    await lists.write(after, turnItems({ prompt: "water" }));
    await expect.poll(() => textsOf(after), { timeout: 10_000 }).toEqual(["water"]);
  } finally {
    await worker.stop();
  }
});
