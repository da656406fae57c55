import postgres, { type Sql } from "postgres";
import type { App } from "./app.ts";
import { findDatabaseUrl } from "./database-lock.ts";

/** Whether nobody works on a session any more, and a checkpoint holds what its last execution has done. */
export const isAtRest = (app: App, sessionId: string): Promise<boolean> =>
  withDatabase(app, async (sql) => {
    const rows = await sql`
      select 1 from leases join sessions on sessions.id = leases.session_id
      where session_id = ${sessionId} and process_id is null and sessions.status = 'idle'
        and (select max(completed_at) from checkpoints
             where session_id = sessions.id and state = 'complete')
          > (select max(ended_at) from executions where session_id = sessions.id)`;
    return rows.length > 0;
  });

export async function withDatabase<Result>(
  app: App,
  use: (sql: Sql) => Promise<Result>,
): Promise<Result> {
  const sql = postgres(await findDatabaseUrl(app.dataPath), { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}
