import { AppError } from "#lib/errors.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import type { ExportHead } from "./session-format.ts";

/** Throws `gone` when the session was deleted or has moved on. */
export async function readExportHead(
  tx: TransactionSql,
  { sessionId, generation }: Target,
): Promise<ExportHead> {
  const [row] = await tx<
    {
      title: string;
      createdAt: string;
      exportedAt: string;
      agent: string | null;
      model: string | null;
      repository: string | null;
      lastSeq: string;
    }[]
  >`
    select title, agent_id as agent, model, coalesce(repository, git_origin) as repository, last_seq as "lastSeq",
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
      to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "exportedAt"
    from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row)
    throw new AppError("gone", "The session was deleted", { details: { sessionId, generation } });
  return { ...row, sessionId, generation, lastSeq: Number(row.lastSeq) };
}
