import { parseObject, type JsonObject } from "#lib/json.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import { makePreview } from "./item-head.ts";
import { readTailHead } from "./read-tail-members.ts";

/** Of a body that was stored without a head. */
const TAIL_CHARACTERS = 4_096;

/** The end of a large body in the row `i` (items) that was stored without a head; null for others. */
export const selectTail = (sql: Sql | TransactionSql): Fragment => sql`
  case when i.head is null and i.byte_size > ${PREVIEW_MAX_BYTES} then right(i.body, ${TAIL_CHARACTERS}) end`;

/**
 * A text for `readBeginning`: of the row `i` (items) all of a body up to the size of a preview, or so many characters of
 * a larger one, and what it is.
 */
export const selectBeginning = (sql: Sql | TransactionSql, maxCharacters: number): Fragment => sql`
  json_build_array(left(coalesce(i.body, i.preview),
    case when i.byte_size <= ${PREVIEW_MAX_BYTES} then ${PREVIEW_MAX_BYTES} else ${maxCharacters}::integer end),
    i.head, ${selectTail(sql)})::text`;

export interface Beginning {
  /** Null for what is no JSON object. */
  data: JsonObject | null;
  /** Nothing of the body is missing. */
  isWhole: boolean;
}

export function readBeginning(selected: string): Beginning {
  const [text, head, tail] = JSON.parse(selected) as (string | null)[];
  const whole = parseObject(text ?? "");
  if (whole !== null) return { data: whole, isWhole: true };
  const data = parseCutJson(
    previewOf({ text: text ?? "", head: head ?? null, tail: tail ?? null }),
  );
  return { data, isWhole: false };
}

/** What is shown of a body of which so much was read: see `makePreview`. */
export function previewOf({
  text,
  head,
  tail,
}: {
  text: string;
  head: string | null;
  tail: string | null;
}): string {
  return makePreview(text, head ?? (tail === null ? null : readTailHead(tail)));
}
