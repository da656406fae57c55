import { requireSession } from "#server/accounts/policy.ts";
import { openChanges } from "#server/changes/read-changes.ts";
import { requireCaller } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { sendWatched } from "./send-watched.ts";
import { watchAccess } from "./stream-access.ts";

/**
 * `GET /api/v1/sessions/:id/changes.patch`: what has changed in the session's files since its branch began, for
 * `git apply`. 404 while nothing has.
 */
export const changesRoute: Route = {
  path: /^\/api\/v1\/sessions\/([^/]+)\/changes\.patch$/,
  methods: {
    async GET({ services }, { request, response }, sessionId) {
      const viewer = await requireCaller(services, request, "read");
      const session = await requireSession(services.database, viewer, {
        sessionId,
        action: "read",
      });
      const { stream, totalBytes } = await openChanges(services, session);
      response.writeHead(200, {
        "content-type": "text/plain; charset=utf-8",
        "content-length": totalBytes,
        "content-disposition": `attachment; filename="${session.sessionId}.patch"`,
        "cache-control": "private, no-store",
        "cross-origin-resource-policy": "same-origin",
      });
      await sendWatched(response, stream, watchAccess(services, request, viewer));
    },
  },
};
