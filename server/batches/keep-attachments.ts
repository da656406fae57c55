import type { Services } from "#server/services.ts";
import { ATTACHMENT_KEPT_HOURS } from "#lib/limits.ts";

/** So long before they would be let go of, files are looked for in lines. */
const AHEAD_HOURS = 4;

/**
 * Files that lines name, and that no prompt has yet, stay as long as these wait. Lines are looked through only while
 * some file is about to go. Safe to run at any time.
 */
export async function keepAttachments({ database: { sql } }: Pick<Services, "database">) {
  await sql`
    with due as (
      select id from attachments a
      where used_at < clock_timestamp() - ${ATTACHMENT_KEPT_HOURS - AHEAD_HOURS} * interval '1 hour'
        and not exists (select from prompt_attachments where attachment_id = a.id)
    ), waiting as (
      select id, defaults from batches
      where kind = 'start' and state in ('open', 'sealed') and queued_count > 0
        and exists (select from due)
    ), named as (
      select defaults::text as text from waiting
      union all
      select body from waiting join batch_items i on i.batch_id = waiting.id
      where i.state = 'queued' and body like '%"attachments"%'
    )
    update attachments set used_at = clock_timestamp()
    where id in (select id from due) and id in (
      select (regexp_matches(text, '"(att_[0-9A-Za-z]+)"', 'g'))[1] from named
    )`;
}
