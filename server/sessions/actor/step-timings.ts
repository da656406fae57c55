import { createHash } from "node:crypto";
import { type PreparationStep, preparationSteps } from "#lib/preparation.ts";
import type { Database } from "#server/database/database.ts";

/** Runs of a step that its expected time is the median of. */
const SAMPLE_COUNT = 10;

/** What times are compared within. */
export interface TimedWork {
  teamId: string;
  repository: string;
  /** Of the session: `setup` is compared with runs of the same ones only, and with none it is no work. */
  setupCommands: string[];
}

/** Remembers how long a step took, and forgets what is older than the sample. */
export async function recordStepTiming(
  { sql }: Database,
  { teamId, repository, setupCommands }: TimedWork,
  timing: { step: PreparationStep; elapsedMs: number },
): Promise<void> {
  const step = nameTimed(timing.step, setupCommands);
  const { elapsedMs } = timing;
  if (step === null) return;
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

/** Median milliseconds by step; steps that never did the same work on the repository are missing. */
export async function readExpectedTimes(
  { sql }: Database,
  { teamId, repository, setupCommands }: TimedWork,
): Promise<Map<PreparationStep, number>> {
  const rows = await sql<{ step: string; elapsedMs: number }[]>`
    select step, percentile_disc(0.5) within group (order by elapsed_ms) as "elapsedMs"
    from step_timings
    where team_id = ${teamId} and repository = ${repository}
    group by step`;
  const byName = new Map(rows.map((row) => [row.step, row.elapsedMs]));
  return new Map(
    preparationSteps.flatMap((step) => {
      const elapsedMs = byName.get(nameTimed(step, setupCommands) ?? "");
      return elapsedMs === undefined ? [] : [[step, elapsedMs] as const];
    }),
  );
}

/** `setup` with a digest of its commands, any other step by itself; null for what is not timed. */
function nameTimed(step: PreparationStep, setupCommands: string[]): string | null {
  if (step !== "setup") return step;
  if (setupCommands.length === 0) return null;
  const digest = createHash("sha256").update(JSON.stringify(setupCommands)).digest("hex");
  return `${step} ${digest}`;
}
