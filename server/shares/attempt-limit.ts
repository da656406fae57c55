import { AppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";

const WINDOW_S = 60;
const ATTEMPTS_MAX = 10;
/** Rows of links that nobody tries any more, which each attempt takes away with it. */
const CLEARED_MAX = 20;

/**
 * Counts a password that is tried for a link, in all processes together. Throws `rate_limited` after ten within a
 * minute; whether anything is behind the link makes no difference, to the statement neither.
 */
export async function takeAttempt({ sql }: Database, tokenHash: string): Promise<void> {
  const [row] = await sql<{ count: number }[]>`
    with over as (
      delete from share_attempts where token_hash in (
        select token_hash from share_attempts
        where since_at < now() - make_interval(secs => ${WINDOW_S}) and token_hash <> ${tokenHash}
        order by since_at limit ${CLEARED_MAX} for update skip locked
      )
    )
    insert into share_attempts as a (token_hash, count, since_at) values (${tokenHash}, 1, now())
    on conflict (token_hash) do update set
      count = case when a.since_at < now() - make_interval(secs => ${WINDOW_S}) then 1
        else least(a.count + 1, ${ATTEMPTS_MAX + 1}) end,
      since_at = case when a.since_at < now() - make_interval(secs => ${WINDOW_S}) then now() else a.since_at end
    returning count`;
  if ((row?.count ?? 0) > ATTEMPTS_MAX)
    throw new AppError("rate_limited", "Too many attempts; try again in a minute");
}
