import postgres from "postgres";
import type { App } from "./app.ts";
import { findDatabaseUrl } from "./database-lock.ts";

/** Whether nobody works on a session any more, and a checkpoint holds what its last execution has done. */
export async function isAtRest(app: App, sessionId: string): Promise<boolean> {
  const sql = postgres(await findDatabaseUrl(app.dataPath), { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql`
      select 1 from leases join sessions on sessions.id = leases.session_id
      where session_id = ${sessionId} and process_id is null and sessions.status = 'idle'
        and (select max(completed_at) from checkpoints
             where session_id = sessions.id and state = 'complete')
          > (select max(ended_at) from executions where session_id = sessions.id)`;
    return row !== undefined;
  } finally {
    await sql.end();
  }
}
