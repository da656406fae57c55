import { FAILED_UPLOAD_KEPT_DAYS, UPLOAD_ATTEMPTS_MAX } from "#lib/limits.ts";
import type { TransactionSql } from "#server/database/database.ts";

/**
 * Frees what a dead process received or worked on: what it worked on waits again (its jobs are released with it), unless
 * it has cost too many processes their lives; what it received in one request is lost with that request, and says so;
 * what is sent in pieces goes on elsewhere.
 */
export async function releaseUploads(tx: TransactionSql, processId: string): Promise<void> {
  const keep = tx`
    process_id = null, ended_at = now(),
    kept_until = now() + ${FAILED_UPLOAD_KEPT_DAYS} * interval '1 day'`;
  await tx`
    update uploads set
      state = 'failed', ${keep}, error_code = 'internal',
      error_message = 'The server stopped each time that this was read; it is not tried again by itself'
    where process_id = ${processId} and state = 'running' and attempt >= ${UPLOAD_ATTEMPTS_MAX}`;
  await tx`
    update uploads set state = 'queued', process_id = null
    where process_id = ${processId} and state = 'running'`;
  await tx`
    update uploads set
      state = 'failed', ${keep}, error_code = 'unavailable',
      error_message = 'The server stopped while this was received; send it again'
    where process_id = ${processId} and state = 'receiving' and way <> 'resumable'`;
}
