import type { Output } from "#lib/output.ts";
import { requireSession, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { isAppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";
import { fromOutputs, getOutput, outputColumns, outputNotFound } from "./output-row.ts";

export interface OutputsQuery {
  sessionId: string;
  generation: number;
  /** The last output of the page before; from the newest on without. */
  before?: string | undefined;
  limit: number;
  /** Of one execution only. */
  executionId?: string | undefined;
  /** Whose type begins so, such as `image/`. */
  mimePrefix?: string | undefined;
}

export interface OutputsPage {
  /** Newest first. */
  outputs: Output[];
  /** What to go on behind; null at the end. */
  next: string | null;
}

/** The outputs of a session, page by page; new ones come at the beginning and move nothing. */
export async function listOutputs({ sql }: Database, query: OutputsQuery): Promise<OutputsPage> {
  const { sessionId, generation, before, limit, executionId, mimePrefix } = query;
  const rows = await sql<Output[]>`
    select ${outputColumns(sql)} ${fromOutputs(sql)}
    where o.session_id = ${sessionId} and o.generation = ${generation}
      ${before === undefined ? sql`` : sql`and o.id < ${before}`}
      ${executionId === undefined ? sql`` : sql`and o.execution_id = ${executionId}`}
      ${mimePrefix === undefined ? sql`` : sql`and starts_with(o.mime, ${mimePrefix})`}
    order by o.id desc limit ${limit + 1}`;
  const outputs = rows.slice(0, limit);
  return { outputs, next: rows.length > limit ? (outputs.at(-1)?.outputId ?? null) : null };
}

/**
 * An output that the viewer may do that with. Unknown ones and those of others are the same `not_found`; throws what
 * `requireSession` throws otherwise.
 */
export async function requireOutput(
  database: Database,
  viewer: Viewer,
  { outputId, action }: { outputId: string; action: SessionAction },
): Promise<Output> {
  const output = await getOutput(database.sql, outputId);
  const { sessionId } = output;
  await requireSession(database, viewer, { sessionId, action }).catch((error: unknown) => {
    throw isAppError(error) && error.code === "not_found" ? outputNotFound() : error;
  });
  return output;
}
