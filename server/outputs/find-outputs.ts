import type { Output } from "#lib/output.ts";
import { kindPatterns, type OutputKind } from "#lib/output-kind.ts";
import type { Database, Fragment, Sql } from "#server/database/database.ts";
import { fromOutputs, outputColumns } from "./output-row.ts";
import type { OutputsPage } from "./read-outputs.ts";

interface OutputSearch {
  sessionId: string;
  generation: number;
  /** The last output of the page before; from the newest on without. */
  before?: string | undefined;
  limit: number;
  kind?: OutputKind | undefined;
  /** Stands somewhere in the name or the port, whatever its case. */
  text?: string | undefined;
  /** Of this port alone. */
  port?: string | undefined;
}

/** The outputs of a session that a person looks for, newest first, page by page. */
export async function findOutputs({ sql }: Database, search: OutputSearch): Promise<OutputsPage> {
  const { sessionId, generation, before, limit, kind, text, port } = search;
  const rows = await sql<Output[]>`
    select ${outputColumns(sql)} ${fromOutputs(sql)}
    where o.session_id = ${sessionId} and o.generation = ${generation}
      ${before === undefined ? sql`` : sql`and o.id < ${before}`}
      ${kind === undefined ? sql`` : sql`and ${isOfKind(sql, kind)}`}
      ${text === undefined ? sql`` : sql`and strpos(lower(concat_ws(' ', o.name, o.port)), lower(${text})) > 0`}
      ${port === undefined ? sql`` : sql`and o.port = ${port}`}
    order by o.id desc limit ${limit + 1}`;
  const outputs = rows.slice(0, limit);
  return { outputs, next: rows.length > limit ? (outputs.at(-1)?.outputId ?? null) : null };
}

function isOfKind(sql: Sql, kind: OutputKind): Fragment {
  if (kind === "other") return sql`o.mime !~* all(${Object.values(kindPatterns)})`;
  return sql`o.mime ~* ${kindPatterns[kind]}`;
}
