import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { findEndedAccess } from "./find-ended-access.ts";
import { ensureLocalOwner, localOwner } from "./local-owner.ts";
import { hashSecretToken } from "./secret-token.ts";
import { createSignInLink, redeemSignInLink } from "./sign-in.ts";

let copy: TestDatabase;

beforeEach(async () => {
  copy = await createTestDatabase();
  await ensureLocalOwner(copy.database);
});
afterEach(() => copy.drop());

async function signIn() {
  const link = await createSignInLink(copy.database, localOwner.userId);
  const login = await redeemSignInLink(copy.database, link);
  return { ...localOwner, secretHash: hashSecretToken(login ?? "") };
}

test("a login ends when it is taken back or too old, for all of its tabs and no other login", async () => {
  const { sql } = copy.database;
  const [good, old, gone] = [await signIn(), await signIn(), await signIn()];
  const secondTab = { ...gone };
  const all = [good, old, gone, secondTab];
  expect(await findEndedAccess(copy.database, all)).toEqual(new Set());
  await sql`update logins set expires_at = now() where token_hash = ${old.secretHash}`;
  await sql`delete from logins where token_hash = ${gone.secretHash}`;
  expect(await findEndedAccess(copy.database, all)).toEqual(new Set([old, gone, secondTab]));
});

test("an API token ends when it is revoked or too old", async () => {
  const { sql } = copy.database;
  const holders = ["good", "old", "revoked"].map((secretHash) => ({ ...localOwner, secretHash }));
  for (const { userId, teamId, secretHash } of holders) {
    await sql`
      insert into api_tokens (id, user_id, team_id, name, token_hash, scopes)
      values (${secretHash}, ${userId}, ${teamId}, ${secretHash}, ${secretHash}, '{read}')`;
  }
  expect(await findEndedAccess(copy.database, holders)).toEqual(new Set());
  await sql`update api_tokens set expires_at = now() where id = 'old'`;
  await sql`update api_tokens set revoked_at = now() where id = 'revoked'`;
  expect(await findEndedAccess(copy.database, holders)).toEqual(new Set(holders.slice(1)));
});

test("a membership that is over ends logins and what came with a ticket", async () => {
  const holders = [await signIn(), { ...localOwner, secretHash: null }];
  expect(await findEndedAccess(copy.database, holders)).toEqual(new Set());
  await copy.database.sql`delete from memberships`;
  expect(await findEndedAccess(copy.database, holders)).toEqual(new Set(holders));
});
