import type { ServerResponse } from "node:http";
import type { Database } from "#server/database/database.ts";

export interface Readiness {
  /** True from SIGTERM on: send no more requests. */
  draining: boolean;
}

/**
 * `/healthz`: the process answers. `/readyz`: it also reaches the database and is not shutting down. False for other
 * paths. Both answer without a login and say nothing else.
 */
export async function handleHealth(
  { sql }: Database,
  { draining }: Readiness,
  { pathname, response }: { pathname: string; response: ServerResponse },
): Promise<boolean> {
  if (pathname !== "/healthz" && pathname !== "/readyz") return false;
  const ok = pathname === "/healthz" || (!draining && (await reaches(sql)));
  response.writeHead(ok ? 200 : 503, { "content-type": "text/plain", "cache-control": "no-store" });
  response.end(ok ? "ok\n" : "not ready\n");
  return true;
}

async function reaches(sql: Database["sql"]): Promise<boolean> {
  return sql`select 1`.then(
    () => true,
    () => false,
  );
}
