import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";

/** What the team's sessions can be narrowed by, most recently used first. */
export interface SessionFacets {
  repositories: string[];
  branches: string[];
  agents: string[];
  sources: string[];
}

const VALUES_MAX = 50;

/** Of sessions that are not in the trash. Throws `forbidden` for a token that may not read. */
export async function listFacets({ sql }: Database, viewer: Viewer): Promise<SessionFacets> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
  const rows = await sql<{ facet: keyof SessionFacets; value: string }[]>`
    select facet, value from (
      select facet, value, row_number() over (partition by facet order by max(updated_at) desc, value) as place
      from sessions s
      cross join lateral (values
        ('repositories', coalesce(s.repository, s.git_origin)),
        ('branches', coalesce(s.base_branch, s.requested_branch, s.git_branch)),
        ('agents', s.agent_id),
        ('sources', s.source)
      ) as facets(facet, value)
      where team_id = ${viewer.teamId} and deleted_at is null and trashed_at is null and value is not null
      group by facet, value
    ) counted
    where place <= ${VALUES_MAX} order by place`;
  const facets: SessionFacets = { repositories: [], branches: [], agents: [], sources: [] };
  for (const { facet, value } of rows) facets[facet].push(value);
  return facets;
}
