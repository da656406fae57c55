import { AppError } from "#lib/errors.ts";
import { isOutputId } from "#lib/ids.ts";
import type { Output } from "#lib/output.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

/** Everything that is told of an output, from `outputs o left join blobs b`. */
export function outputColumns(sql: Sql | TransactionSql): Fragment {
  const iso = (column: string) =>
    sql`to_char(${sql(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return sql`
    o.id as "outputId", o.session_id as "sessionId", o.generation, o.execution_id as "executionId",
    o.port, o.n, o.source, o.mode, o.format, o.mime, o.name, o.state,
    (case when o.state = 'writing' then b.bytes else o.bytes end)::float8 as bytes,
    o.sha256, o.value is not null as "isInline", o.error,
    o.first_seq::float8 as "firstSeq", o.seq::float8 as seq,
    ${iso("o.created_at")} as "createdAt", ${iso("o.ended_at")} as "endedAt"`;
}

/** Of sessions that were not deleted, in their present generation. */
export function fromOutputs(sql: Sql | TransactionSql): Fragment {
  return sql`
    from outputs o
      join sessions s on s.id = o.session_id and s.generation = o.generation and s.deleted_at is null
      left join blobs b on b.id = o.blob_id`;
}

/** Null for unknown ids, and for outputs of deleted sessions. */
export async function findOutput(
  sql: Sql | TransactionSql,
  outputId: string,
): Promise<Output | null> {
  if (!isOutputId(outputId)) return null;
  const [row] = await sql<Output[]>`
    select ${outputColumns(sql)} ${fromOutputs(sql)} where o.id = ${outputId}`;
  return row ?? null;
}

export async function getOutput(sql: Sql | TransactionSql, outputId: string): Promise<Output> {
  const output = await findOutput(sql, outputId);
  if (output === null) throw outputNotFound();
  return output;
}

export const outputNotFound = () => new AppError("not_found", "There is no such output");
