import type { ServerResponse } from "node:http";
import type { Services } from "#server/services.ts";

/**
 * `/healthz`: the process answers. `/readyz`: it also has all that it needs, see `isReady`. False for other paths.
 * Both answer without a login and say nothing else.
 */
export async function handleHealth(
  askReady: () => Promise<boolean>,
  { pathname, response }: { pathname: string; response: ServerResponse },
): Promise<boolean> {
  if (pathname !== "/healthz" && pathname !== "/readyz") return false;
  const ok = pathname === "/healthz" || (await askReady());
  response.writeHead(ok ? 200 : 503, { "content-type": "text/plain", "cache-control": "no-store" });
  response.end(ok ? "ok\n" : "not ready\n");
  return true;
}

/** Whether more requests should be sent here: the database is reached, and the server is not about to end. */
export async function isReady({
  database: { sql },
  draining,
}: Pick<Services, "database" | "draining">): Promise<boolean> {
  if (draining.aborted) return false;
  return sql`select 1`.then(
    () => true,
    () => false,
  );
}
