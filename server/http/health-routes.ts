import type { ServerResponse } from "node:http";
import { answerWithin } from "#server/database/answer-within.ts";
import type { Services } from "#server/services.ts";
import { sendError, sendProblem } from "./error-response.ts";
import type { Listeners } from "./open-port.ts";
import { readRequestUrl } from "./read-request-url.ts";

/** Less than whoever asks usually waits. */
const READY_LIMIT_MS = 2_000;

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

/** For a process without pages and API: it says how it is, and nothing else. */
export function createHealthListeners(
  services: Pick<Services, "database" | "draining" | "log">,
): Listeners {
  return {
    onRequest(request, response) {
      const pathname = readRequestUrl(request)?.pathname ?? "";
      handleHealth(() => isReady(services), { pathname, response })
        .then((isAnswered) => {
          if (isAnswered) return;
          const message = "This process works in the background; it has no pages";
          sendProblem(response, { code: "not_found", message });
        })
        .catch((error: unknown) => sendError(response, error, services.log));
    },
    onUpgrade: (_, socket) => void socket.destroy(),
  };
}

/** Whether more requests should be sent here: the database answers in time, and the server is not about to end. */
export async function isReady({
  database: { sql },
  draining,
}: Pick<Services, "database" | "draining">): Promise<boolean> {
  if (draining.aborted) return false;
  return answerWithin(READY_LIMIT_MS, sql`select 1`).then(
    () => true,
    () => false,
  );
}
