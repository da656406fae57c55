import type { TransactionSql } from "#server/database/database.ts";

/**
 * Frees what a dead process received or worked on: what it worked on waits again (its jobs are released with it), what
 * it received in one request is lost with that request, and says so; what is sent in pieces goes on elsewhere.
 */
export async function releaseUploads(tx: TransactionSql, processId: string): Promise<void> {
  await tx`
    update uploads set state = 'queued', process_id = null
    where process_id = ${processId} and state = 'running'`;
  await tx`
    update uploads set
      state = 'failed', process_id = null, ended_at = now(), error_code = 'unavailable',
      error_message = 'The server stopped while this was received; send it again'
    where process_id = ${processId} and state = 'receiving' and way <> 'resumable'`;
}
