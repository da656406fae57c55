import type { PreparationStep } from "#lib/preparation.ts";
import type { Database } from "#server/database/database.ts";

/** Runs of a step that its expected time is the median of. */
const SAMPLE_COUNT = 10;

interface Timing {
  teamId: string;
  repository: string;
  step: PreparationStep;
  elapsedMs: number;
}

/** Remembers how long a step took, and forgets what is older than the sample. */
export async function recordStepTiming(
  { sql }: Database,
  { teamId, repository, step, elapsedMs }: Timing,
): Promise<void> {
  await sql`
    with recorded as (
      insert into step_timings (team_id, repository, step, elapsed_ms)
      values (${teamId}, ${repository}, ${step}, ${elapsedMs})
    )
    delete from step_timings
    where team_id = ${teamId} and repository = ${repository} and step = ${step} and id <= (
      select id from step_timings
      where team_id = ${teamId} and repository = ${repository} and step = ${step}
      order by id desc offset ${SAMPLE_COUNT - 1} limit 1
    )`;
}

/** Median milliseconds by step; steps that never ran on the repository are missing. */
export async function readExpectedTimes(
  { sql }: Database,
  { teamId, repository }: Pick<Timing, "teamId" | "repository">,
): Promise<Map<PreparationStep, number>> {
  const rows = await sql<{ step: PreparationStep; elapsedMs: number }[]>`
    select step, percentile_disc(0.5) within group (order by elapsed_ms) as "elapsedMs"
    from step_timings
    where team_id = ${teamId} and repository = ${repository}
    group by step`;
  return new Map(rows.map((row) => [row.step, row.elapsedMs]));
}
