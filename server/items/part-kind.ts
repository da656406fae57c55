import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";

/** Of what is large and has no head, so much is looked at from both ends. */
const END_CHARACTERS = 512;

/**
 * A condition for parts of the table `i` (items) to be of a kind, wherever in their bodies that stands. Small ones count
 * by an object inside them, too; large ones that were stored without a head are told by both ends of their bodies.
 */
export function isPartOfKind(sql: Sql | TransactionSql, kind: "tool" | "retry"): Fragment {
  const body = sql`coalesce(i.body, i.preview)`;
  const member = `"type"\\s*:\\s*"${kind}"`;
  return sql`case
    when i.head is not null then starts_with(i.head, ${`{"type":"${kind}"`})
    when i.byte_size <= ${PREVIEW_MAX_BYTES} then strpos(${body}, ${`"${kind}"`}) > 0 and ${body} ~ ${member}
    else left(${body}, ${END_CHARACTERS}) || right(${body}, ${END_CHARACTERS}) ~ ${member}
  end`;
}
