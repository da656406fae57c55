import { AppError } from "#lib/errors.ts";
import { isOutputId } from "#lib/ids.ts";
import type { Output } from "#lib/output.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import type { ProducerStep } from "./judge-append.ts";
import { findOutputStream, outputIdOfPath } from "./output-stream.ts";

/** Names a stream of a team. */
export interface StreamRef {
  teamId: string;
  path: string;
}

/** What whoever reads an output must know beside its bytes. */
export interface StreamedOutput {
  /** A stream is closed when it is `complete`. */
  state: Output["state"];
  /** Another value came in place of what was streamed: offsets of that mean nothing in it. */
  isReplaced: boolean;
}

export interface StreamRow extends StreamRef {
  streamId: string;
  /** Of an output; null for a stream of its own. */
  sessionId: string | null;
  /** Null for a stream of its own. */
  output: StreamedOutput | null;
  contentType: string;
  tail: number;
  isClosed: boolean;
  closedBy: ProducerStep | null;
  lastSeq: string | null;
  ttlSeconds: number | null;
  /** ISO 8601. */
  expiresAt: string | null;
  openBlobId: string | null;
  forkedFrom: string | null;
  forkOffset: number | null;
  forkSubOffset: number;
  /** `gone`: it was deleted or has expired, and forks of it live. `expired`: nobody needs it any more. */
  state: "live" | "gone" | "expired";
}

interface FlatRow extends Omit<StreamRow, "closedBy" | "sessionId" | "output"> {
  closedByProducer: string | null;
  closedByEpoch: number;
  closedBySeq: number;
}

/** Nothing else changes the stream until the transaction ends, `share`: nor do others that only read it wait. */
type Lock = "none" | "share" | "update";

/** Null when there is none, not even a deleted one. */
export async function findStream(
  sql: Sql | TransactionSql,
  { teamId, path }: StreamRef,
  lock: Lock = "none",
): Promise<StreamRow | null> {
  const outputId = outputIdOfPath(path);
  if (outputId === null) return readRow(sql, sql`s.team_id = ${teamId} and s.path = ${path}`, lock);
  const output = await findOutputStream(sql, outputId);
  return output?.teamId === teamId ? output : null;
}

export async function findStreamById(
  sql: Sql | TransactionSql,
  streamId: string,
  lock: Lock = "none",
): Promise<StreamRow | null> {
  if (isOutputId(streamId)) return findOutputStream(sql, streamId);
  return readRow(sql, sql`s.id = ${streamId}`, lock);
}

/** Throws `not_found`; `gone` for a stream that is kept for its forks alone. */
export async function getStream(
  sql: Sql | TransactionSql,
  stream: StreamRef,
  lock: Lock = "none",
): Promise<StreamRow> {
  return requireLive(await findStream(sql, stream, lock));
}

export function requireLive(row: StreamRow | null): StreamRow {
  if (row?.state === "gone") throw new AppError("gone", "The stream was deleted");
  if (row?.state !== "live") throw new AppError("not_found", "There is no such stream");
  return row;
}

async function readRow(
  sql: Sql | TransactionSql,
  condition: ReturnType<Sql>,
  lock: Lock,
): Promise<StreamRow | null> {
  const locks = { none: sql``, share: sql`for share of s`, update: sql`for update of s` };
  const [row] = await sql<FlatRow[]>`
    select s.id as "streamId", s.team_id as "teamId", s.path, s.content_type as "contentType",
      s.tail::float8 as tail, s.is_closed as "isClosed",
      s.closed_by_producer as "closedByProducer", s.closed_by_epoch::float8 as "closedByEpoch",
      s.closed_by_seq::float8 as "closedBySeq", s.last_seq as "lastSeq",
      s.ttl_seconds::float8 as "ttlSeconds",
      to_char(s.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt",
      s.open_blob_id as "openBlobId", s.forked_from as "forkedFrom",
      s.fork_offset::float8 as "forkOffset", s.fork_sub_offset::float8 as "forkSubOffset",
      case
        when s.deleted_at is null and (s.expires_at is null or s.expires_at > clock_timestamp())
          then 'live'
        when s.deleted_at is not null or exists (
          select from streams f where f.forked_from = s.id and f.deleted_at is null
            and (f.expires_at is null or f.expires_at > clock_timestamp())
        ) then 'gone'
        else 'expired'
      end as state
    from streams s where ${condition} ${locks[lock]}`;
  if (!row) return null;
  const { closedByProducer, closedByEpoch, closedBySeq, ...stream } = row;
  const closedBy =
    closedByProducer === null
      ? null
      : { producerId: closedByProducer, epoch: closedByEpoch, seq: closedBySeq };
  return { ...stream, sessionId: null, output: null, closedBy };
}

/** A moment of a `Stream-TTL` is exact to this, so that not every read is a write. */
const TOUCH_SLACK_S = 1;

/** A read keeps a stream with a time to live from expiring. */
export async function touchStream(
  sql: Sql,
  { streamId, ttlSeconds }: Pick<StreamRow, "streamId" | "ttlSeconds">,
): Promise<void> {
  if (ttlSeconds === null) return;
  const slackS = Math.min(TOUCH_SLACK_S, ttlSeconds / 10);
  await sql`
    update streams set expires_at = clock_timestamp() + ttl_seconds * interval '1 second'
    where id = ${streamId} and expires_at > clock_timestamp()
      and expires_at < clock_timestamp() + ${ttlSeconds - slackS} * interval '1 second'`;
}
