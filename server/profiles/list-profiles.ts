import { findMissingValues, type MissingValue, type ProfileSettings } from "#lib/profile.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";

export interface ProfileSummary {
  profileId: string;
  name: string;
  /** Keys of repositories, `*` for any letters; empty for all. */
  repository: string;
  isDefault: boolean;
  settings: ProfileSettings;
  /** Names, and when each was set: nobody reads a value again. */
  secrets: { name: string; setAt: string }[];
  /** What its MCP servers need and it does not have: starts with it are refused until then. */
  missing: MissingValue[];
  updatedAt: string;
}

/** The team's profiles by name. */
export async function listProfiles({ sql }: Database, viewer: Viewer): Promise<ProfileSummary[]> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "read" });
  const iso = (column: string) =>
    sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const rows = await sql<Omit<ProfileSummary, "missing">[]>`
    select id as "profileId", name, repository, is_default as "isDefault", settings,
      ${iso("updated_at")} as "updatedAt",
      (
        select coalesce(json_agg(
          json_build_object(
            'name', profile_secrets.name,
            'setAt', ${iso("set_at")}
          ) order by profile_secrets.name
        ), '[]')
        from profile_secrets where profile_id = profiles.id
      ) as secrets
    from profiles where team_id = ${teamId} order by lower(name)`;
  return rows.map((profile) => ({
    ...profile,
    missing: findMissingValues(
      profile.settings,
      profile.secrets.map(({ name }) => name),
    ),
  }));
}
