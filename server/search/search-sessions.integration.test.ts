import { expect, test } from "vitest";
import { fileSessions } from "#server/sessions/file-sessions.ts";
import { deleteSession } from "#server/sessions/remove-session.ts";
import { titlesOf, useLists } from "./testing/use-lists.ts";

const lists = useLists();

test("names stand above prompts, these above answers, inputs and outputs", async () => {
  await lists.tell("output", [{ prompt: "a", output: "grain" }]);
  await lists.tell("input", [{ prompt: "b", input: { command: "mill grain" } }]);
  await lists.tell("answer", [{ prompt: "c", answer: "The grain is ground" }]);
  await lists.tell("prompt", [{ prompt: "Grind the grain", answer: "Done" }]);
  await lists.tell("grain in the title", []);
  await lists.tell("nothing", [{ prompt: "flour" }]);
  const found = await lists.search("grain ");
  expect(titlesOf(found)).toEqual(["grain in the title", "prompt", "answer", "input", "output"]);
  expect(found.sessions.map(({ hit }) => hit?.kind ?? null)).toEqual([
    null,
    "prompt",
    "answer",
    "input",
    "output",
  ]);
});

test("a session comes once, with its best place and the number of them; more of them rank higher", async () => {
  await lists.tell("one", [{ prompt: "the wheel" }]);
  await lists.tell("three", [{ prompt: "wheel" }, { prompt: "wheel", answer: "wheel" }]);
  const found = await lists.search("wheel");
  expect(titlesOf(found)).toEqual(["three", "one"]);
  expect(found.sessions[0]?.hit).toMatchObject({ kind: "prompt", count: 3, text: "wheel" });
});

test("a hit tells where it is and marks it, also behind characters beyond 16 bits", async () => {
  await lists.tell("t", [{ prompt: "🙂🙂 turn the 𝒲heel wheels" }]);
  const [session] = (await lists.search("whee")).sessions;
  const { hit } = session!;
  expect(hit?.ranges.map(({ start, end }) => hit.text.slice(start, end))).toEqual([
    "𝒲heel",
    "whee",
  ]);
  expect(hit?.partId).toMatch(/^prt_/);
  expect(hit?.messageId).toMatch(/^msg_/);
});

test.each([
  ['"mill the grain"', ["phrase"]],
  ["mill grain ", ["phrase", "words"]],
  ["mill -grain ", ["other"]],
  ["flour or grain ", ["phrase", "words", "flour"]],
  ["gra", ["phrase", "words"]],
  // No word of its own: characters inside of words are looked for.
  ["gra ", ["phrase", "words"]],
  ["write-items.ts", ["path"]],
  ["items ", ["camel", "path"]],
])("%s finds %j", async (query, expected) => {
  await lists.tell("phrase", [{ prompt: "mill the grain" }]);
  await lists.tell("words", [{ prompt: "grain for the mill" }]);
  await lists.tell("other", [{ prompt: "a mill of stone" }]);
  await lists.tell("flour", [{ prompt: "white flour" }]);
  await lists.tell("path", [{ prompt: "open server/items/write-items.ts" }]);
  await lists.tell("camel", [{ prompt: "call readItemsAfter" }]);
  expect(titlesOf(await lists.search(query)).toSorted()).toEqual(expected.toSorted());
});

test("characters inside of words are found when no word is", async () => {
  await lists.tell("inside", [{ prompt: "the waterwheelhouse" }]);
  const found = await lists.search("wheelho");
  expect(titlesOf(found)).toEqual(["inside"]);
  const { hit } = found.sessions[0]!;
  expect(hit?.ranges.map(({ start, end }) => hit.text.slice(start, end))).toEqual(["wheelho"]);
});

test("without trigrams words are found all the same", async () => {
  const { sql } = lists.services.database;
  await lists.tell("words", [{ prompt: "the waterwheelhouse" }]);
  await sql`drop index search_texts_trigrams`;
  expect(titlesOf(await lists.search("waterw"))).toEqual(["words"]);
  expect(titlesOf(await lists.search("wheelho"))).toEqual([]);
  await sql`create index search_texts_trigrams on search_texts using gin (left(text, 4096) gin_trgm_ops) where place <> 'output'`;
});

test.each([
  "",
  " ",
  '"',
  "-",
  "a:* & !b | (",
  "%",
  "_",
  "\\",
  "'",
  "or or",
  "<->",
  "🙂",
  "x".repeat(200),
  "\ud800",
])("%j is no mistake", async (query) => {
  await lists.tell("Title", [{ prompt: "prompt" }]);
  expect(titlesOf(await lists.search(query))).toEqual([]);
});

test("a session is found by its id, its repository and its branch", async () => {
  const sessionId = await lists.make("Here", { git_origin: "owner/mill", git_branch: "main-race" });
  for (const query of [sessionId, "owner/mill", "main-race"])
    expect(titlesOf(await lists.search(query))).toEqual(["Here"]);
});

test("nothing of another team is found, and nothing of the trash or of deleted sessions", async () => {
  const query = "secretword";
  const open = await lists.tell("open", [{ prompt: query }]);
  const thrown = await lists.tell("thrown", [{ prompt: query }]);
  const deleted = await lists.tell("deleted", [{ prompt: query }]);
  const { services, viewer } = lists;
  await fileSessions(services, viewer, { filing: "trash", sessionIds: [thrown] });
  await deleteSession(services, { sessionId: deleted, generation: 1, teamId: viewer.teamId });
  expect(titlesOf(await lists.search(query))).toEqual(["open"]);
  expect(titlesOf(await lists.search(query, { shelf: "trash" }))).toEqual(["thrown"]);
  const stranger = { ...viewer, teamId: "team_local" };
  expect((await lists.search(query, {}, { viewer: stranger })).sessions).toEqual([]);
  expect((await lists.search(open, {}, { viewer: stranger })).sessions).toEqual([]);
});

test("pages follow each other without a gap or a repeat, with ties and with changes meanwhile", async () => {
  for (let n = 0; n < 7; n += 1) await lists.tell(`s${n}`, [{ prompt: "tie" }]);
  const first = await lists.search("tie", {}, { limit: 3 });
  await lists.tell("late", [{ prompt: "tie" }]);
  const second = await lists.search("tie", {}, { limit: 3, cursor: first.nextCursor });
  const third = await lists.search("tie", {}, { limit: 3, cursor: second.nextCursor });
  expect([first, second, third].flatMap(titlesOf)).toEqual([
    "s6",
    "s5",
    "s4",
    "s3",
    "s2",
    "s1",
    "s0",
  ]);
  expect(third.nextCursor).toBeNull();
});

test.each(["", "x", "1_2", "words_1_ses_x", "words_99999999999_ses_00000000000000000000000000"])(
  "%j is no cursor",
  async (cursor) => {
    const asking = lists.search("tie", {}, { cursor: cursor || "?" });
    await expect(asking).rejects.toMatchObject({ code: "invalid_input" });
  },
);

test("filters hold for hits as well", async () => {
  const sessionId = await lists.tell("theirs", [{ prompt: "stone" }]);
  await lists.tell("ours", [{ prompt: "stone" }]);
  await lists.services.database.sql`update sessions set source = 'claude' where id = ${sessionId}`;
  expect(titlesOf(await lists.search("stone", { sources: ["claude"] }))).toEqual(["theirs"]);
});

test("an answer says that the index lacks something", async () => {
  const sessionId = await lists.tell("known", [{ prompt: "stone" }]);
  expect(await lists.search("stone")).toMatchObject({ isPartial: false, isBehind: false });
  await lists.services.database
    .sql`update sessions set last_seq = counter + 5, counter = counter + 5 where id = ${sessionId}`;
  expect(await lists.search("stone")).toMatchObject({ isPartial: false, isBehind: true });
});
