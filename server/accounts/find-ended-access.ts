import type { Database } from "#server/database/database.ts";

/** What somebody was let in with. */
export interface AccessHolder {
  userId: string;
  teamId: string;
  /** SHA-256 of the login's or the API token's secret; null for whoever came with a ticket, which is gone since. */
  secretHash: string | null;
}

/** Those whose membership is over, or whose login or API token has ended: by its age, or because somebody ended it. */
export async function findEndedAccess<Holder extends AccessHolder>(
  { sql }: Database,
  holders: Holder[],
): Promise<Set<Holder>> {
  // A person has many tabs: each login is asked for once.
  const distinct = [...new Map(holders.map((holder) => [keyOf(holder), holder])).values()];
  const ended = await sql<AccessHolder[]>`
    select user_id as "userId", team_id as "teamId", secret_hash as "secretHash"
    from unnest(
      ${distinct.map(({ userId }) => userId)}::text[],
      ${distinct.map(({ teamId }) => teamId)}::text[],
      ${distinct.map(({ secretHash }) => secretHash)}::text[]
    ) as holder(user_id, team_id, secret_hash)
    where not exists (
        select 1 from memberships
        where memberships.user_id = holder.user_id and memberships.team_id = holder.team_id
      )
      or secret_hash is not null
      and not exists (
        select 1 from logins where token_hash = secret_hash and expires_at > now()
      )
      and not exists (
        select 1 from api_tokens
        where token_hash = secret_hash and revoked_at is null
          and coalesce(expires_at > now(), true)
      )`;
  const endedKeys = new Set(ended.map(keyOf));
  return new Set(holders.filter((holder) => endedKeys.has(keyOf(holder))));
}

const keyOf = ({ userId, teamId, secretHash }: AccessHolder) =>
  `${userId} ${teamId} ${secretHash ?? ""}`;
