import type { Services } from "#server/services.ts";

/**
 * Counts anew what the streams of every team take: a server of an older version, at work beside this one for a while,
 * counts nothing. Appends and removals meanwhile wait for their team's row and count on from what it says then. Safe to
 * run at any time, twice, and in several processes.
 */
export async function recountUsage({ database }: Pick<Services, "database">): Promise<void> {
  const teams = await database.sql<{ teamId: string }[]>`
    select distinct team_id as "teamId" from streams
    union select team_id from stream_usage`;
  for (const { teamId } of teams) {
    await database.sql.begin(async (tx) => {
      await tx`insert into stream_usage (team_id) values (${teamId}) on conflict do nothing`;
      // A statement of its own: what the next one sees is as it is when the row is ours.
      await tx`select from stream_usage where team_id = ${teamId} for update`;
      await tx`
        update stream_usage set bytes = (
          select coalesce(sum(bytes), 0) from blobs where id in (
            select blob_id from stream_parts join streams on streams.id = stream_parts.stream_id
            where streams.team_id = ${teamId}))
        where team_id = ${teamId}`;
    });
  }
}
