import { expect, test } from "vitest";
import { createUploadId } from "#lib/ids.ts";
import { CANCELLED } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { titlesOf, turnItems, useLists } from "#server/search/testing/use-lists.ts";
import { listFacets } from "./list-facets.ts";
import { listChildren, listRecentRepositories } from "./list-sessions.ts";
import { markRead } from "./mark-read.ts";
import { readSessionState } from "./read-session-state.ts";

const lists = useLists();

test.each(["sessions", "repositories", "facets", "search"] as const)(
  "a program lists %s when its token may read, and not otherwise",
  async (name) => {
    const { database } = lists.services;
    const calls = {
      sessions: (viewer: Viewer) => lists.list({}, { viewer }),
      search: (viewer: Viewer) => lists.search("x", {}, { viewer }),
      repositories: (viewer: Viewer) => listRecentRepositories(database, viewer, 1),
      facets: (viewer: Viewer) => listFacets(database, viewer),
    };
    const may = (...scopes: NonNullable<Viewer["scopes"]>) =>
      calls[name]({ ...lists.viewer, scopes });
    const refused = { code: "forbidden", details: { scope: "read" } };
    await expect(may("ingest", "start")).rejects.toMatchObject(refused);
    expect(await may("read")).toBeDefined();
  },
);

test("pages follow each other without a gap or a repeat, however many changed at one moment", async () => {
  const moment = "2026-01-01T00:00:00.123456Z";
  for (let n = 0; n < 7; n += 1) {
    await lists.make(`s${n}`, { updated_at: moment, pinned_at: n % 3 === 0 ? moment : null });
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await lists.list({}, { limit: 2, cursor });
    seen.push(...titlesOf(page));
    cursor = page.nextCursor;
    // What comes meanwhile stands above.
    if (seen.length === 2) await lists.make("new");
  } while (cursor !== null);
  expect(seen).toEqual(["s6", "s3", "s0", "new", "s5", "s4", "s2", "s1"]);
});

test("by their last change alone, pinned sessions are like the others", async () => {
  await lists.make("pinned", { pinned_at: "2026-01-02", updated_at: "2026-01-01" });
  await lists.make("other", { updated_at: "2026-01-03" });
  expect(titlesOf(await lists.list())).toEqual(["pinned", "other"]);
  const page = await lists.list({}, { order: "recent", limit: 1 });
  const rest = await lists.list({}, { order: "recent", limit: 1, cursor: page.nextCursor });
  expect([page, rest].flatMap(titlesOf)).toEqual(["other", "pinned"]);
});

test.each([
  "x",
  "2_1_ses_00000000000000000000000000",
  "1_1_ses_0",
  "1__ses_00000000000000000000000000",
])("%j is no cursor", async (cursor) => {
  await expect(lists.list({}, { cursor })).rejects.toMatchObject({ code: "invalid_input" });
});

const when = (day: string) => `2026-02-${day}T00:00:00Z`;

test.each([
  [{}, ["a", "b", "c"]],
  [{ shelf: "archive" }, ["archived"]],
  [{ shelf: "all" }, ["a", "archived", "b", "c"]],
  [{ shelf: "trash" }, ["thrown"]],
  [{ title: "A" }, ["a"]],
  [{ title: "%" }, []],
  [{ repositories: ["owner/one"] }, ["a", "b"]],
  [{ repositories: ["owner/one"], branches: ["side"] }, ["b"]],
  [{ agents: ["kilo", "codex"] }, ["a", "c"]],
  [{ sources: ["claude"] }, ["c"]],
  [{ statuses: ["failed"] }, ["b"]],
  [{ shelf: "all", statuses: ["archived", "failed"] }, ["archived", "b"]],
  [{ isPinned: true }, ["c"]],
  [{ isPinned: false, agents: ["kilo"] }, ["a"]],
  [{ isUnread: true }, ["b"]],
  [{ changedFrom: when("02"), changedBefore: when("03") }, ["b"]],
  [{ changedFrom: when("02") }, ["b", "c"]],
] as const)("%j leaves %j", async (filters, expected) => {
  const one = { git_origin: "owner/one" };
  await lists.make("a", { ...one, git_branch: "main", agent_id: "kilo", updated_at: when("01") });
  const b = { ...one, git_branch: "side", status: "failed", updated_at: when("02") };
  await lists.write(await lists.make("b"), turnItems({ prompt: "p" }));
  await lists.services.database
    .sql`update sessions set ${lists.services.database.sql(b)} where title = 'b' and team_id = ${lists.viewer.teamId}`;
  const c = { agent_id: "codex", source: "claude", pinned_at: when("01"), updated_at: when("03") };
  await lists.make("c", c);
  await lists.make("archived", { archived_at: when("01") });
  await lists.make("thrown", { archived_at: when("01"), trashed_at: when("01") });
  const given = filters as Parameters<typeof lists.list>[0];
  expect(titlesOf(await lists.list(given)).toSorted()).toEqual([...expected].toSorted());
});

test("a session that was brought here says what became of that", async () => {
  const { sql } = lists.services.database;
  const expectStatus = async (sessionId: string, status: string) => {
    const { sessions } = await lists.list({ statuses: [status as "idle"] });
    expect(sessions).toMatchObject([{ sessionId, status }]);
    expect(await readSessionState(lists.services.database, sessionId)).toMatchObject({ status });
  };
  const sessionId = await lists.make("t");
  let received = 0;
  const upload = (state: string, code: string | null = null) => sql`
    insert into uploads (id, session_id, generation, owner_id, received, state, way, encoding, error_code)
    values (${createUploadId()}, ${sessionId}, 1, ${lists.viewer.userId}, ${(received += 1)}, ${state}, 'stream',
      'identity', ${code})`;
  await expectStatus(sessionId, "empty");
  await upload("receiving");
  await expectStatus(sessionId, "idle");
  await sql`delete from uploads where session_id = ${sessionId}`;
  await upload("failed", CANCELLED);
  await expectStatus(sessionId, "empty");
  await upload("failed", "invalid_input");
  await expectStatus(sessionId, "failed");
  await lists.write(sessionId, turnItems({ prompt: "p" }));
  await expectStatus(sessionId, "failed");
  await upload("done");
  await expectStatus(sessionId, "idle");
});

test("facets are what the team's sessions have, the last used first", async () => {
  await lists.make("a", { git_origin: "owner/old", updated_at: when("01") });
  await lists.make("b", { git_origin: "owner/new", git_branch: "main", source: "claude" });
  await lists.make("c", { git_origin: "owner/thrown", trashed_at: when("01") });
  expect(await listFacets(lists.services.database, lists.viewer)).toEqual({
    repositories: ["owner/new", "owner/old"],
    branches: ["main"],
    agents: [],
    sources: ["claude", "import"],
  });
});

const groups = async () => titlesOf(await lists.list({}, { isGrouped: true }));
const childrenOf = async (sessionId: string) => {
  const access = { sessionId, generation: 1, teamId: lists.viewer.teamId };
  const children = await listChildren(lists.services.database, lists.viewer, access);
  return children.map(({ title }) => title);
};

test("sessions stand below the one that they say they belong to, by its id here or where it came from", async () => {
  const parent = await lists.make("parent", { external_id: "ext", source: "claude" });
  await lists.make("by id", { parent_id: parent });
  await lists.make("by external id", { parent_id: "ext", source: "claude" });
  await lists.make("of another source", { parent_id: "ext", source: "codex" });
  expect(await groups()).toEqual(["of another source", "parent"]);
  expect(await childrenOf(parent)).toEqual(["by id", "by external id"]);
  const { sessions } = await lists.list();
  expect(sessions.find(({ title }) => title === "parent")?.childCount).toBe(2);
  expect(sessions.find(({ title }) => title === "by id")?.parent).toEqual({
    sessionId: parent,
    title: "parent",
  });
});

test("a claim to a session of another team, to none, or to itself counts for nothing", async () => {
  const own = lists.viewer;
  const other = { ...own, teamId: "team_local" };
  lists.viewer = other;
  const foreign = await lists.make("foreign", { external_id: "foreign-ext", source: "import" });
  lists.viewer = own;
  await lists.make("a", { parent_id: foreign });
  await lists.make("b", { parent_id: "foreign-ext" });
  await lists.make("c", { parent_id: "nobody" });
  const itself = await lists.make("d");
  await lists.services.database.sql`update sessions set parent_id = id where id = ${itself}`;
  expect(await groups()).toEqual(["d", "c", "b", "a"]);
  expect((await lists.list()).sessions.every(({ parent }) => parent === null)).toBe(true);
  lists.viewer = other;
  expect(await childrenOf(foreign)).toEqual([]);
  lists.viewer = own;
});

test("claims that go in a circle hide nobody for good", async () => {
  const [a, b, c] = [await lists.make("a"), await lists.make("b"), await lists.make("c")];
  const { sql } = lists.services.database;
  await sql`update sessions set parent_id = ${b} where id = ${a}`;
  await sql`update sessions set parent_id = ${c} where id = ${b}`;
  await sql`update sessions set parent_id = ${a} where id = ${c}`;
  expect(await groups()).toEqual(["b", "a"]);
  expect(await childrenOf(a)).toEqual(["c"]);
});

test("a session whose parent lies elsewhere stands for itself", async () => {
  const parent = await lists.make("parent");
  await lists.make("child", { parent_id: parent });
  const { sql } = lists.services.database;
  await sql`update sessions set archived_at = now() where id = ${parent}`;
  expect(await groups()).toEqual(["child"]);
  await sql`update sessions set archived_at = null, trashed_at = now() where id = ${parent}`;
  expect(await groups()).toEqual(["child"]);
});

test("what somebody has read goes forward only, and is theirs alone", async () => {
  const sessionId = await lists.make("t");
  await lists.write(sessionId, turnItems({ prompt: "one" }));
  const access = { sessionId, generation: 1, teamId: lists.viewer.teamId };
  const { database } = lists.services;
  const read = async () => {
    const [session] = (await lists.list()).sessions;
    return [session?.readSeq, session?.lastSeq];
  };
  const [, lastSeq = 0] = await read();
  expect(await read()).toEqual([0, lastSeq]);
  await markRead(database, lists.viewer, { access, seq: 1_000 });
  expect(await read()).toEqual([lastSeq, lastSeq]);
  await markRead(database, lists.viewer, { access, seq: 1 });
  expect(await read()).toEqual([lastSeq, lastSeq]);
  await database.sql`insert into users (id, name) values ('usr_2', 'Two') on conflict do nothing`;
  const other = await lists.list({}, { viewer: { ...lists.viewer, userId: "usr_2" } });
  expect(other.sessions[0]?.readSeq).toBe(0);
});
