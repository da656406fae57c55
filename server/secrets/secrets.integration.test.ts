import { afterEach, beforeEach, expect, test } from "vitest";
import { log } from "#server/log.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { readEnvironment } from "#server/env.ts";
import { insertSession } from "#server/live/testing/rows.ts";
import { readKeyRing } from "./read-key-ring.ts";
import { resealSecrets } from "./reseal-secrets.ts";
import {
  credentialPlace,
  environmentPlace,
  seal,
  type Sealed,
  secretPlace,
  unseal,
} from "./seal.ts";
import { openEnvironment, sealEnvironment, type StoredEnvironment } from "./session-environment.ts";

const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");
const OLD = `old:${key(1)}`;
const NEW = `new:${key(2)}`;

let copy: TestDatabase;
const needs = (SECRETS_KEYS: string) => ({
  database: copy.database,
  environment: readEnvironment({ SECRETS_KEYS }),
  log,
});

beforeEach(async () => {
  copy = await createTestDatabase();
});
afterEach(() => copy.drop());

async function readStored(sessionId: string): Promise<StoredEnvironment> {
  const [row] = await copy.database.sql<StoredEnvironment[]>`
    select environment, sealed_environment as "sealedEnvironment",
      environment_key_id as "environmentKeyId" from sessions where id = ${sessionId}`;
  return row!;
}

test("without a configured key all processes of a database have one of the database's own", async () => {
  const sealed = seal(await readKeyRing(needs("")), "line one\nline two\n", "here");
  expect(unseal(await readKeyRing(needs("")), sealed, "here")).toBe("line one\nline two\n");
  expect(Buffer.from(sealed.sealed).includes("line one")).toBe(false);
  // … which goes on opening what it has sealed once the configuration names others.
  expect(unseal(await readKeyRing(needs(NEW)), sealed, "here")).toBe("line one\nline two\n");
});

test("a value opens in its own place and with its own key only, and the refusal names the key", async () => {
  const ring = await readKeyRing(needs(OLD));
  const sealed = seal(ring, "hunter2", "here");
  expect(() => unseal(ring, sealed, "there")).toThrow('cannot be read with the key "old"');
  const other = await readKeyRing(needs(NEW));
  expect(() => unseal(other, sealed, "here")).toThrow('the key "old", which this server does not');
  const lying = await readKeyRing(needs(`old:${key(3)}`));
  expect(() => unseal(lying, sealed, "here")).toThrow('cannot be read with the key "old"');
});

test("variables of sessions, also those of before, come under the new key and stay the same", async () => {
  const [plain, sealed] = [await insertSession(copy.database), await insertSession(copy.database)];
  const { sql } = copy.database;
  const before = JSON.stringify({ A: "plain\nvalue" });
  await sql`update sessions set environment = ${before}::text::jsonb where id = ${plain}`;
  const old = await sealEnvironment(needs(OLD), sealed, { B: "two\nlines" });
  await sql`
    update sessions set sealed_environment = ${old!.sealed}, environment_key_id = ${old!.keyId}
    where id = ${sealed}`;

  const rotated = needs(`${NEW},${OLD}`);
  expect(await resealSecrets(rotated)).toBe(2);
  expect(await resealSecrets(rotated)).toBe(0);

  const after = needs(NEW);
  expect(await openEnvironment(after, plain, await readStored(plain))).toEqual({
    A: "plain\nvalue",
  });
  expect(await openEnvironment(after, sealed, await readStored(sealed))).toEqual({
    B: "two\nlines",
  });
  expect(await readStored(plain)).toMatchObject({ environment: {}, environmentKeyId: "new" });
});

test("more than a page comes under the new key, a session that is being prepared as well", async () => {
  const { sql } = copy.database;
  const ids: string[] = [];
  for (let index = 0; index < 103; index += 1) ids.push(await insertSession(copy.database));
  await sql`
    update sessions set environment_key_id = 'gone', sealed_environment = '\\x00'
    where id = ${ids[0]!}`;
  await sql`update sessions set environment = '{"A": "plain"}' where id = any(${ids.slice(1)})`;
  await sql`
    insert into leases (session_id, fence, process_id, expires_at)
    values (${ids[1]!}, 1, 'process', now() + interval '1 hour')`;
  expect(await resealSecrets(needs(OLD))).toBe(102);
  expect(await readStored(ids[1]!)).toMatchObject({ environment: {} });
  expect(await resealSecrets(needs(`${NEW},${OLD}`))).toBe(102);
});

test("while keys change, what the old one has sealed opens and the new one seals; then all is under the new one", async () => {
  const { sql } = copy.database;
  await insertSession(copy.database);
  const value = "one\ntwo";
  const secret = seal(await readKeyRing(needs(OLD)), value, secretPlace("pro_1", "TOKEN"));
  const token = seal(await readKeyRing(needs(OLD)), value, credentialPlace("team", "git.test"));
  await sql`
    insert into profiles (id, team_id, name, settings) values ('pro_1', 'team', 'Web', '{}')`;
  await sql`
    insert into profile_secrets (profile_id, name, key_id, sealed)
    values ('pro_1', 'TOKEN', ${secret.keyId}, ${secret.sealed})`;
  await sql`
    insert into git_credentials (team_id, host, username, key_id, sealed)
    values ('team', 'git.test', 'git', ${token.keyId}, ${token.sealed})`;

  const both = await readKeyRing(needs(`${NEW},${OLD}`));
  expect(unseal(both, secret, secretPlace("pro_1", "TOKEN"))).toBe(value);
  expect(unseal(both, token, credentialPlace("team", "git.test"))).toBe(value);
  expect(seal(both, value, "here").keyId).toBe("new");

  expect(await resealSecrets(needs(`${NEW},${OLD}`))).toBe(2);
  const ring = await readKeyRing(needs(NEW));
  const [fresh] = await sql<Sealed[]>`select key_id as "keyId", sealed from profile_secrets`;
  const [known] = await sql<Sealed[]>`select key_id as "keyId", sealed from git_credentials`;
  expect(unseal(ring, fresh!, secretPlace("pro_1", "TOKEN"))).toBe(value);
  expect(unseal(ring, known!, credentialPlace("team", "git.test"))).toBe(value);
});

test("what no key opens stays as it is, for the day that its key is back", async () => {
  const id = await insertSession(copy.database);
  const lost = seal(await readKeyRing(needs(OLD)), '{"A":"b"}', environmentPlace(id));
  await copy.database.sql`
    update sessions set sealed_environment = ${lost.sealed}, environment_key_id = ${lost.keyId}
    where id = ${id}`;
  expect(await resealSecrets(needs(NEW))).toBe(0);
  expect(await openEnvironment(needs(OLD), id, await readStored(id))).toEqual({ A: "b" });
});
