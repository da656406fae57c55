import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { insertSession } from "./testing/rows.ts";
import { createLiveTicket, findTicket, redeemLiveTicket, type TicketGrant } from "./tickets.ts";

let testDatabase: TestDatabase;
let grant: TicketGrant;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  grant = { userId: "user", teamId: "team", sessionId: await insertSession(testDatabase.database) };
});

const countRows = async () => {
  const [row] = await testDatabase.database.sql<{ count: number }[]>`
    select count(*)::int as count from live_tickets`;
  return row?.count;
};

test("a ticket opens its session once", async () => {
  const ticket = await createLiveTicket(testDatabase.database, grant);
  expect(await redeemLiveTicket(testDatabase.database, ticket)).toEqual(grant);
  expect(await redeemLiveTicket(testDatabase.database, ticket)).toBeNull();
  expect(await countRows()).toBe(0);
});

test("of a hundred who use one ticket together, one gets in", async () => {
  const ticket = await createLiveTicket(testDatabase.database, grant);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => redeemLiveTicket(testDatabase.database, ticket)),
  );
  expect(answers.filter((answer) => answer !== null)).toEqual([grant]);
});

test("the database holds nothing that opens a session", async () => {
  const ticket = await createLiveTicket(testDatabase.database, grant);
  const rows = await testDatabase.database
    .sql`select row_to_json(t)::text as text from live_tickets t`;
  expect(JSON.stringify(rows)).not.toContain(ticket);
  const [row] = await testDatabase.database.sql<{ hash: string }[]>`
    delete from live_tickets returning token_hash as hash`;
  expect(await redeemLiveTicket(testDatabase.database, row?.hash ?? "")).toBeNull();
});

test("a ticket is good for 30 s, and an expired one is removed by use or by the next", async () => {
  const { sql } = testDatabase.database;
  const age = () => sql`update live_tickets set expires_at = expires_at - interval '30 seconds'`;
  const used = await createLiveTicket(testDatabase.database, grant);
  await sql`update live_tickets set expires_at = expires_at - interval '29 seconds'`;
  expect(await redeemLiveTicket(testDatabase.database, used)).toEqual(grant);

  const expired = await createLiveTicket(testDatabase.database, grant);
  await age();
  expect(await redeemLiveTicket(testDatabase.database, expired)).toBeNull();
  expect(await countRows()).toBe(0);

  await createLiveTicket(testDatabase.database, grant);
  await age();
  await createLiveTicket(testDatabase.database, grant);
  expect(await countRows()).toBe(1);
  await sql`delete from live_tickets`;
});

test("what is no ticket is refused without a question to the database", async () => {
  for (const text of ["", "x", "' or 1=1", "x".repeat(44), "\0".repeat(43)]) {
    expect(
      await redeemLiveTicket({ ...testDatabase.database, sql: null as never }, text),
    ).toBeNull();
  }
});

test("a ticket is found in the subprotocols and in the header", () => {
  expect(findTicket({ "sec-websocket-protocol": "millrace.live.1, millrace.ticket.abc" })).toBe(
    "abc",
  );
  expect(findTicket({ authorization: "Ticket abc" })).toBe("abc");
  expect(findTicket({ authorization: "Bearer abc", "sec-websocket-protocol": "other" })).toBeNull();
});
