import { CANCELLED } from "#lib/upload.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Database } from "#server/database/database.ts";

/** How much of what was brought into a session became items; what came twice counts twice. */
export interface Coverage {
  uploadCount: number;
  /** Of those: not read to their end yet … */
  underWayCount: number;
  /** … or never, because of a fault … */
  failedCount: number;
  /** … or because their sender wanted that. */
  cancelledCount: number;
  decodedBytes: number;
  /** Of what became no item: skipped items and ignored members. */
  unrecognisedBytes: number;
  /** Items that something newer stands in the place of, also of the same document. */
  staleCount: number;
  /** Items that the session has, of any type. */
  itemCount: number;
  /** Members of documents that no item stands for, by name. */
  ignoredMembers: string[];
}

/** Sums up all uploads of a session. */
export async function readCoverage(
  { sql }: Database,
  { sessionId, generation }: SessionAccess,
): Promise<Coverage> {
  const [coverage] = await sql<Coverage[]>`
    select count(*)::float8 as "uploadCount",
      (count(*) filter (where state in ('receiving', 'queued', 'running')))::float8 as "underWayCount",
      (count(*) filter (where state = 'failed' and error_code <> ${CANCELLED}))::float8 as "failedCount",
      (count(*) filter (where state = 'failed' and error_code = ${CANCELLED}))::float8 as "cancelledCount",
      coalesce(sum(decoded_bytes), 0)::float8 as "decodedBytes",
      coalesce(sum(unrecognised_bytes), 0)::float8 as "unrecognisedBytes",
      coalesce(sum(stale_count), 0)::float8 as "staleCount",
      (
        select count(*) from items
        where session_id = ${sessionId} and generation = ${generation} and not deleted
      )::float8 as "itemCount",
      coalesce((
        select json_agg(distinct ignored.member)
        from uploads u, jsonb_array_elements_text(u.ignored_members) as ignored(member)
        where u.session_id = ${sessionId} and u.generation = ${generation}
      ), '[]') as "ignoredMembers"
    from uploads where session_id = ${sessionId} and generation = ${generation}`;
  return coverage as Coverage;
}
