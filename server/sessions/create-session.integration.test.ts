import { expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { createSession, type BroughtSession } from "./create-session.ts";

const ingest = useIngest({ isIdle: true });

const viewer: Viewer = { ...localOwner, role: "owner", scopes: null };
const create = (brought: BroughtSession) => createSession(ingest.services(), viewer, brought);
const remove = (sessionId: string) => ingest.ask("DELETE", `/api/v1/sessions/${sessionId}`);

let count = 0;
const elsewhere = () => ({ source: "claude", externalId: `external ${(count += 1)}` });

test("a deleted id with the external id of another session finds that session (#3)", async () => {
  const named = elsewhere();
  const { sessionId: deletedId } = await create({});
  const other = await create(named);
  await remove(deletedId);
  const found = await create({ sessionId: deletedId, ...named });
  expect(found).toEqual({ ...other, isNew: false });
});

test("of two deleted ones, that with the external id comes back (#3)", async () => {
  const named = elsewhere();
  const { sessionId: deletedId } = await create({});
  const other = await create(named);
  await remove(deletedId);
  await remove(other.sessionId);
  const found = await create({ sessionId: deletedId, ...named });
  expect(found).toEqual({ sessionId: other.sessionId, generation: 2, isNew: true });
});

test("a session that lives is found by its id, whoever has the external id", async () => {
  const named = elsewhere();
  const live = await create({});
  const other = await create(named);
  expect(await create({ sessionId: live.sessionId, ...named })).toEqual({ ...live, isNew: false });
  await remove(other.sessionId);
  expect(await create({ sessionId: live.sessionId, ...named })).toEqual({ ...live, isNew: false });
});

test("an external id that another session takes this very moment is a conflict (#3)", async () => {
  const { sql } = ingest.services().database;
  const named = elsewhere();
  const { sessionId: deletedId } = await create({});
  const { sessionId: otherId } = await create({});
  await remove(deletedId);
  const revived = await sql.begin(async (tx) => {
    await tx`update sessions set source = ${named.source}, external_id = ${named.externalId} where id = ${otherId}`;
    const creating = create({ sessionId: deletedId, ...named }).catch((error: unknown) => error);
    const listWaiting = () => sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(listWaiting, { interval: 5, timeout: 5_000 }).toHaveLength(1);
    return { creating };
  });
  expect(await revived.creating).toMatchObject({ code: "conflict" });
  expect(await create({ sessionId: deletedId, ...named })).toMatchObject({ sessionId: otherId });
});

test("an id that another team has is left to it, and the external id finds what was made instead", async () => {
  const { sql } = ingest.services().database;
  const named = elsewhere();
  const { sessionId: foreignId } = await create({});
  await sql`insert into teams (id, name) values ('other', 'Other')`;
  await sql`update sessions set team_id = 'other' where id = ${foreignId}`;
  await expect(create({ sessionId: foreignId })).rejects.toMatchObject({ code: "not_found" });
  const made = await create({ sessionId: foreignId, ...named });
  expect(made).toMatchObject({ isNew: true });
  expect(made.sessionId).not.toBe(foreignId);
  expect(await create({ sessionId: foreignId, ...named })).toEqual({ ...made, isNew: false });
});
