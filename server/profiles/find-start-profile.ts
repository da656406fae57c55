import { AppError } from "#lib/errors.ts";
import {
  findDefaultProfile,
  findMissingValues,
  isForRepository,
  type ProfileChoice,
  type ProfileSettings,
} from "#lib/profile.ts";
import type { Services } from "#server/services.ts";

export interface StartProfile extends ProfileChoice {
  id: string;
  settings: ProfileSettings;
  secretNames: string[];
}

interface Wanted {
  teamId: string;
  /** Null: none. Left out: the default one of the repository. */
  profile?: string | null | undefined;
  repositoryKey: string;
}

/**
 * The profile that a start takes; null for none. One query. Throws `invalid_input` for the field `profile` when there
 * is no such one, it is for other repositories, or it names what is not there.
 */
export async function findStartProfile(
  services: Pick<Services, "database" | "agents">,
  { teamId, profile, repositoryKey }: Wanted,
): Promise<StartProfile | null> {
  if (profile === null) return null;
  const { sql } = services.database;
  const which =
    profile === undefined ? sql`is_default` : sql`lower(name) = lower(${profile.trim()})`;
  const rows = await sql<StartProfile[]>`
    select id, name, repository, is_default as "isDefault", settings, array(
      select profile_secrets.name from profile_secrets where profile_id = profiles.id
    ) as "secretNames"
    from profiles where team_id = ${teamId} and ${which}`;
  const found =
    profile === undefined ? findDefaultProfile(rows, repositoryKey) : getNamed(rows, profile);
  if (!found) return null;
  requireFitting(services, found, repositoryKey);
  return found;
}

function getNamed([found]: readonly StartProfile[], name: string): StartProfile {
  if (!found) throw refusal(`There is no environment "${name}"`);
  return found;
}

/** Throws `invalid_input` where the profile is for others, or names an agent or a value that is not there. */
export function requireFitting(
  { agents }: Pick<Services, "agents">,
  profile: Pick<StartProfile, "name" | "repository" | "settings" | "secretNames">,
  repositoryKey: string,
): void {
  const { name, settings, secretNames } = profile;
  if (!isForRepository(profile, repositoryKey))
    throw refusal(`The environment "${name}" is for other repositories`);
  const { agent } = settings;
  if (agent !== null && !agents.has(agent))
    throw refusal(`The environment "${name}" names the agent "${agent}", which is not here`);
  const [missing] = findMissingValues(settings, secretNames);
  if (!missing) return;
  throw refusal(
    `The environment "${name}" lacks the secret "${missing.name}", which its MCP server "${missing.server}" needs`,
  );
}

const refusal = (message: string) =>
  new AppError("invalid_input", message, { details: { field: "profile" } });
