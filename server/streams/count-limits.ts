import { AppError } from "#lib/errors.ts";
import { STREAM_PRODUCERS_MAX, TEAM_STREAMS_MAX } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";

/** Throws `too_large` where a team has all the streams that it may have. Needs `lockStreamsOfTeam`. */
export async function requireStreamCount(tx: TransactionSql, teamId: string): Promise<void> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from (
      select from streams where team_id = ${teamId} limit ${TEAM_STREAMS_MAX}) counted`;
  if (row!.count < TEAM_STREAMS_MAX) return;
  throw tooMany(`A team has at most ${TEAM_STREAMS_MAX} streams`, TEAM_STREAMS_MAX);
}

/** Throws `too_large` where a stream has all the producers that it may have. Needs the stream's row locked. */
export async function requireProducerCount(tx: TransactionSql, streamId: string): Promise<void> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from (
      select from stream_producers where stream_id = ${streamId} limit ${STREAM_PRODUCERS_MAX}) counted`;
  if (row!.count < STREAM_PRODUCERS_MAX) return;
  throw tooMany(`A stream has at most ${STREAM_PRODUCERS_MAX} producers`, STREAM_PRODUCERS_MAX);
}

const tooMany = (message: string, max: number) =>
  new AppError("too_large", message, { details: { max } });
