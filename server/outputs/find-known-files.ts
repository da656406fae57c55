import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import type { FoundFile } from "./list-files.ts";

/**
 * The versions, by port, of files that need not be brought out: those that were, or were refused, and those that lay
 * there before the first agent of this workspace began. What a turn wrote whose server died is not among them.
 */
export async function findKnownFiles(
  { database: { sql } }: OutputServices,
  { sessionId, generation }: Pick<ExecutionTarget, "sessionId" | "generation">,
  files: readonly FoundFile[],
): Promise<Map<string, string>> {
  const [agents] = await sql<{ count: number; firstMs: number | null }[]>`
    select count(*)::int as count, extract(epoch from min(started_at))::float8 * 1000 as "firstMs"
    from executions e
    where session_id = ${sessionId} and generation = ${generation}
      and started_at >= coalesce((
        select updated_at from workspaces w
        where w.session_id = e.session_id and w.generation = e.generation
      ), '-infinity')`;
  const { count, firstMs } = agents!;
  const isFirst = count <= 1 || firstMs === null;
  const present = files.filter((file) => isFirst || file.changedMs < firstMs);
  const taken = await sql<{ port: string; version: string }[]>`
    select distinct on (port) port, file_version as version from outputs
    where session_id = ${sessionId} and generation = ${generation} and source = 'file'
      and file_version is not null
      -- One that was refused has no blob; one that was cut off has.
      and (state = 'complete' or (state = 'incomplete' and blob_id is null))
    order by port, id desc`;
  return new Map([
    ...present.map(({ port, version }) => [port, version] as const),
    ...taken.map(({ port, version }) => [port, version] as const),
  ]);
}
