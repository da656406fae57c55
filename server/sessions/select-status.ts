import { CANCELLED } from "#lib/upload.ts";
import type { Fragment, Sql } from "#server/database/database.ts";

/**
 * What a session is doing, in the one vocabulary of pages; of the row of `sessions` that goes by this name. For one that
 * was brought here that is what became of bringing it: nothing runs in it. A copy that broke later takes nothing from one
 * that came whole.
 */
export function selectStatus(sql: Sql, table: string): Fragment {
  const session = sql(table);
  return sql`
    case
      when ${session}.trashed_at is not null then 'trashed'
      when ${session}.archived_at is not null then 'archived'
      when ${session}.repository is not null or ${session}.status <> 'idle' then ${session}.status
      when (
        select state = 'failed' and error_code <> ${CANCELLED} from uploads
        where session_id = ${session}.id and uploads.generation = ${session}.generation
        order by received desc limit 1
      ) and not exists (
        select from uploads
        where session_id = ${session}.id and uploads.generation = ${session}.generation
          and state = 'done'
      ) then 'failed'
      when ${session}.last_seq = 0 and not exists (
        select from uploads
        where session_id = ${session}.id and uploads.generation = ${session}.generation
          and state not in ('done', 'failed')
      ) then 'empty'
      else 'idle'
    end`;
}
