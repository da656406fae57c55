import type { Sql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { type KeyRing, readKeyRing } from "./read-key-ring.ts";
import {
  credentialPlace,
  environmentPlace,
  seal,
  type Sealed,
  secretPlace,
  unseal,
} from "./seal.ts";

type Needs = Pick<Services, "database" | "environment" | "log">;

const INTERVAL_MS = 60 * 60_000;
/** Rows in memory at a time. */
const PAGE_ROWS = 100;

/** Values of a row's key, in order. */
type Key = [string, string];

interface Old extends Sealed {
  key: Key;
  place: string;
}

/**
 * Brings everything that another key has sealed under the one that seals now, and seals variables of sessions that
 * began before there was one. What no key opens stays as it is and is logged. Safe to run again, and by many at once. Answers how many values have changed their key.
 */
export async function resealSecrets(services: Needs): Promise<number> {
  const ring = await readKeyRing(services);
  const count =
    (await resealProfiles(services, ring)) +
    (await resealCredentials(services, ring)) +
    (await resealSessions(services, ring));
  return count + (await sealPlainSessions(services, ring));
}

async function resealProfiles({ database: { sql }, log }: Needs, ring: KeyRing): Promise<number> {
  return resealAll(
    async ([profileId, name]) => {
      const rows = await sql<(Sealed & { profileId: string; name: string })[]>`
        select profile_id as "profileId", name, key_id as "keyId", sealed from profile_secrets
        where key_id <> ${ring.current.id} and (profile_id, name) > (${profileId}, ${name})
        order by profile_id, name limit ${PAGE_ROWS}`;
      return rows.map((row) => ({
        ...row,
        key: [row.profileId, row.name],
        place: secretPlace(row.profileId, row.name),
      }));
    },
    { ring, log },
    ({ key: [profileId, name], sealed }, fresh) => sql`
      update profile_secrets set key_id = ${fresh.keyId}, sealed = ${fresh.sealed}
      where profile_id = ${profileId} and name = ${name} and sealed = ${sealed}`,
  );
}

async function resealCredentials(
  { database: { sql }, log }: Needs,
  ring: KeyRing,
): Promise<number> {
  return resealAll(
    async ([teamId, host]) => {
      const rows = await sql<(Sealed & { teamId: string; host: string })[]>`
        select team_id as "teamId", host, key_id as "keyId", sealed from git_credentials
        where key_id <> ${ring.current.id} and (team_id, host) > (${teamId}, ${host})
        order by team_id, host limit ${PAGE_ROWS}`;
      return rows.map((row) => ({
        ...row,
        key: [row.teamId, row.host],
        place: credentialPlace(row.teamId, row.host),
      }));
    },
    { ring, log },
    ({ key: [teamId, host], sealed }, fresh) => sql`
      update git_credentials set key_id = ${fresh.keyId}, sealed = ${fresh.sealed}
      where team_id = ${teamId} and host = ${host} and sealed = ${sealed}`,
  );
}

async function resealSessions({ database: { sql }, log }: Needs, ring: KeyRing): Promise<number> {
  return resealAll(
    async ([id]) => {
      const rows = await sql<(Sealed & { id: string })[]>`
        select id, environment_key_id as "keyId", sealed_environment as sealed from sessions
        where environment_key_id <> ${ring.current.id} and id > ${id}
        order by id limit ${PAGE_ROWS}`;
      return rows.map((row) => ({ ...row, key: [row.id, ""], place: environmentPlace(row.id) }));
    },
    { ring, log },
    ({ key: [id], sealed }, fresh) => sql`
      update sessions set environment_key_id = ${fresh.keyId}, sealed_environment = ${fresh.sealed}
      where id = ${id} and sealed_environment = ${sealed}`,
  );
}

async function sealPlainSessions({ database: { sql } }: Needs, ring: KeyRing): Promise<number> {
  let count = 0;
  for await (const { id, environment } of listPlain(sql)) {
    const fresh = seal(ring, JSON.stringify(environment), environmentPlace(id));
    await sql`
      update sessions set environment = '{}', environment_key_id = ${fresh.keyId},
        sealed_environment = ${fresh.sealed}
      where id = ${id} and environment = ${JSON.stringify(environment)}::text::jsonb`;
    count += 1;
  }
  return count;
}

interface PlainSession {
  id: string;
  environment: Record<string, string>;
}

async function* listPlain(sql: Sql): AsyncGenerator<PlainSession> {
  let after: string | undefined = "";
  while (after !== undefined) {
    const rows: PlainSession[] = await sql<PlainSession[]>`
      select id, environment from sessions
      where environment <> '{}' and sealed_environment is null and id > ${after}
       
      order by id limit ${PAGE_ROWS}`;
    yield* rows;
    after = rows.at(-1)?.id;
  }
}

/** Page by page and one by one: a value that was set anew in between stays as it was set. */
async function resealAll(
  readPage: (after: Key) => Promise<Old[]>,
  { ring, log }: { ring: KeyRing } & Pick<Needs, "log">,
  store: (old: Old, fresh: Sealed) => Promise<unknown>,
): Promise<number> {
  let count = 0;
  let after: Key | undefined = ["", ""];
  while (after !== undefined) {
    const rows: Old[] = await readPage(after);
    for (const old of rows) {
      try {
        await store(old, seal(ring, unseal(ring, old, old.place), old.place));
        count += 1;
      } catch (error) {
        log.warn({ err: error, keyId: old.keyId }, "a secret stays under the key that it has");
      }
    }
    after = rows.at(-1)?.key;
  }
  return count;
}

/** Does so now and every hour. Returns how to stop; what runs then runs to its end. */
export function startResealing(services: Needs): () => Promise<void> {
  const { log } = services;
  let resealing: Promise<void> | null = null;
  const reseal = () => {
    resealing ??= resealSecrets(services)
      .then((count) => log.debug({ count }, "secrets resealed"))
      .catch((error: unknown) =>
        log.warn({ err: error }, "secrets not resealed, to be tried again"),
      )
      .finally(() => (resealing = null));
  };
  reseal();
  const timer = setInterval(reseal, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await resealing;
  };
}
