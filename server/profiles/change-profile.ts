import { AppError, isAppError } from "#lib/errors.ts";
import { createProfileId } from "#lib/ids.ts";
import { PROFILE_SECRETS_MAX, PROFILES_MAX } from "#lib/limits.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { readKeyRing } from "#server/secrets/read-key-ring.ts";
import { seal, secretPlace } from "#server/secrets/seal.ts";
import type { Services } from "#server/services.ts";
import type { NewProfile, NewSecret } from "./profile-input.ts";
import { parseRepositoryPattern } from "./repository-pattern.ts";

type Needs = Pick<Services, "database" | "environment" | "agents">;

/** Makes a profile; `conflict` for a name that the team has already, whatever its capitals. */
export async function createProfile(
  services: Needs,
  viewer: Viewer,
  input: NewProfile,
): Promise<{ profileId: string }> {
  const { teamId } = viewer;
  const repository = checkProfile(services, viewer, input);
  const profileId = createProfileId();
  await services.database.sql
    .begin(async (tx) => {
      await tx`select 1 from teams where id = ${teamId} for no key update`;
      const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
        select count(*)::int as count from profiles where team_id = ${teamId}`;
      if (count >= PROFILES_MAX)
        throw new AppError("conflict", `A team has at most ${PROFILES_MAX} environments`);
      if (input.isDefault) await takeDefault(tx, { teamId, profileId, repository });
      await tx`
        insert into profiles (id, team_id, name, repository, is_default, settings)
        values (${profileId}, ${teamId}, ${input.name}, ${repository}, ${input.isDefault},
          ${JSON.stringify(input.settings)}::text::jsonb)`;
    })
    .catch(failTakenName);
  return { profileId };
}

/** Sessions that are at work keep what they have until their agent starts anew. */
export async function updateProfile(
  services: Needs,
  viewer: Viewer,
  { profileId, ...input }: NewProfile & { profileId: string },
): Promise<void> {
  const { teamId } = viewer;
  const repository = checkProfile(services, viewer, input);
  await services.database.sql
    .begin(async (tx) => {
      if (input.isDefault) await takeDefault(tx, { teamId, profileId, repository });
      const changed = await tx`
        update profiles set name = ${input.name}, repository = ${repository},
          is_default = ${input.isDefault}, settings = ${JSON.stringify(input.settings)}::text::jsonb,
          revision = revision + 1, updated_at = now()
        where id = ${profileId} and team_id = ${teamId} returning 1`;
      if (changed.length === 0) throw unknownProfile();
    })
    .catch(failTakenName);
}

/** Its secrets go with it. A session that still has it fails at its next start, and says which one it needs. */
export async function deleteProfile(
  { database: { sql } }: Pick<Needs, "database">,
  viewer: Viewer,
  profileId: string,
): Promise<void> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "write" });
  const deleted = await sql`
    delete from profiles where id = ${profileId} and team_id = ${teamId} returning 1`;
  if (deleted.length === 0) throw unknownProfile();
}

/** Sets a secret, or replaces it. */
export async function setSecret(
  services: Pick<Needs, "database" | "environment">,
  viewer: Viewer,
  { profileId, name, value }: NewSecret & { profileId: string },
): Promise<void> {
  const ring = await readKeyRing(services);
  const { keyId, sealed } = seal(ring, value, secretPlace(profileId, name));
  await changeSecrets(services, viewer, {
    profileId,
    async change(tx) {
      await tx`
        insert into profile_secrets (profile_id, name, key_id, sealed)
        values (${profileId}, ${name}, ${keyId}, ${sealed})
        on conflict (profile_id, name) do update
          set key_id = excluded.key_id, sealed = excluded.sealed, set_at = now()`;
      const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
        select count(*)::int as count from profile_secrets where profile_id = ${profileId}`;
      if (count > PROFILE_SECRETS_MAX)
        throw new AppError("conflict", `An environment has at most ${PROFILE_SECRETS_MAX} secrets`);
    },
  });
}

/** Safe to run again. */
export async function removeSecret(
  services: Pick<Needs, "database">,
  viewer: Viewer,
  { profileId, name }: { profileId: string; name: string },
): Promise<void> {
  await changeSecrets(services, viewer, {
    profileId,
    async change(tx) {
      await tx`delete from profile_secrets where profile_id = ${profileId} and name = ${name}`;
    },
  });
}

interface SecretChange {
  profileId: string;
  change(tx: TransactionSql): Promise<void>;
}

async function changeSecrets(
  { database: { sql } }: Pick<Needs, "database">,
  viewer: Viewer,
  { profileId, change }: SecretChange,
): Promise<void> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "write" });
  await sql.begin(async (tx) => {
    const changed = await tx`
      update profiles set revision = revision + 1, updated_at = now()
      where id = ${profileId} and team_id = ${teamId} returning 1`;
    if (changed.length === 0) throw unknownProfile();
    await change(tx);
  });
}

/** Answers the pattern of its repositories; throws with the field of what is wrong. */
function checkProfile(
  { environment, agents }: Pick<Needs, "environment" | "agents">,
  viewer: Viewer,
  { repository, settings: { agent } }: NewProfile,
): string {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "write" });
  if (agent !== null && !agents.has(agent)) {
    throw new AppError("invalid_input", `There is no agent "${agent}"`, {
      details: { field: "settings.agent" },
    });
  }
  const rules = {
    allowLocalPaths: environment.AUTH_MODE === "local",
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
  };
  try {
    return parseRepositoryPattern(repository, rules);
  } catch (cause) {
    if (!isAppError(cause)) throw cause;
    throw new AppError(cause.code, cause.message, { details: { field: "repository" }, cause });
  }
}

/** Of the profiles for the same repositories only one is the default. */
async function takeDefault(
  tx: TransactionSql,
  { teamId, profileId, repository }: { teamId: string; profileId: string; repository: string },
): Promise<void> {
  await tx`
    update profiles set is_default = false
    where team_id = ${teamId} and repository = ${repository} and is_default and id <> ${profileId}`;
}

const unknownProfile = () => new AppError("not_found", "There is no such environment");

function failTakenName(cause: unknown): never {
  if (isUniqueViolation(cause, "profiles_name")) {
    const message = "There is an environment of this name already";
    throw new AppError("conflict", message, { details: { field: "name" }, cause });
  }
  if (isUniqueViolation(cause, "profiles_default")) {
    const message = "Another one became the default this very moment, try again";
    throw new AppError("conflict", message, { details: { field: "isDefault" }, cause });
  }
  throw cause;
}
