import { isAppError } from "#lib/errors.ts";
import { findBearerToken, findCaller } from "#server/accounts/find-caller.ts";
import { type AccessHolder, findEndedAccess } from "#server/accounts/find-ended-access.ts";
import { isLoginSecure, readLoginCookie } from "#server/accounts/login-cookie.ts";
import { requireSession, requireTeamAction } from "#server/accounts/policy.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { requireBatch } from "#server/batches/read-batches.ts";
import type { LiveAccess } from "#server/live/live-access.ts";
import { findTicket, redeemLiveTicket } from "#server/live/tickets.ts";
import type { Services } from "#server/services.ts";
import type { RequestGuard } from "./request-guard.ts";

/** Whoever watches: a signed-in browser, a program with an API token, or the holder of a ticket for one session. */
export interface Watcher extends Viewer, AccessHolder {
  /** Null for every session that the viewer may read. */
  onlySessionId: string | null;
}

/** Asks the policy module who may watch what. */
export function createLiveAccess(
  services: Pick<Services, "database" | "environment" | "log">,
  guard: RequestGuard,
): LiveAccess<Watcher> {
  const { database, environment } = services;
  const secure = isLoginSecure(environment);
  return {
    isAllowedOrigin: guard.isAllowedOrigin,

    async authenticate({ headers }, topic) {
      const ticket = findTicket(headers);
      if (ticket !== null) {
        const grant = await redeemLiveTicket(database, ticket);
        const rights = { role: "reader", scopes: ["read"] } as const;
        return grant && { ...grant, ...rights, onlySessionId: grant.sessionId, secretHash: null };
      }
      const viewer = await findCaller(services, headers);
      // Who fills a batch may follow it, too: that is asked of the batch.
      if (viewer && !topic?.startsWith("batch:"))
        requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });
      const secret = findBearerToken(headers) ?? readLoginCookie(headers.cookie, { secure });
      if (!viewer || secret === null) return null;
      return { ...viewer, onlySessionId: null, secretHash: hashSecretToken(secret) };
    },

    findEnded: (watchers) => findEndedAccess(database, watchers),

    async authorize(watcher, topic) {
      const [kind, id = ""] = topic.split(":", 2);
      if (watcher.onlySessionId !== null && topic !== `session:${watcher.onlySessionId}`) {
        return "not_found";
      }
      if (kind === "sessions") return id === watcher.teamId ? "ok" : "not_found";
      try {
        if (kind === "batch")
          await requireBatch(database, watcher, { batchId: id, action: "follow" });
        else await requireSession(database, watcher, { sessionId: id, action: "read" });
        return "ok";
      } catch (error) {
        if (isAppError(error) && error.code === "not_found") return "not_found";
        throw error;
      }
    },
  };
}
