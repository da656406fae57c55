import { AppError } from "#lib/errors.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { findLastPush } from "#server/pushes/read-push.ts";
import { newPush, requestPush } from "#server/pushes/request-push.ts";
import { readJson, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";

/** A message of the greatest length, escaped. */
const REQUEST_MAX_BYTES = 256 * 1024;

/** `/api/v1/sessions/:id/push`: a session's work on its way to a branch of its repository. */
export const pushRoute: Route = {
  path: /^\/api\/v1\/sessions\/([^/]+)\/push$/,
  methods: {
    /** 202 with the id, also of one that is under way and the same; who may not read the session learns no more. */
    async POST({ services }, { request, response }, sessionId) {
      const viewer = await requireCaller(services, request, "write");
      const asked = { sessionId, action: "write" } as const;
      const access = await requireSession(services.database, viewer, asked);
      const input = parseRequest(newPush, await readJson(request, REQUEST_MAX_BYTES));
      const { pushId, status } = await requestPush(services, { viewer, access }, input);
      sendJson(response, 202, { push: { pushId, status } });
    },
    /** The last one. 404 before the first. */
    async GET({ services }, { request, response }, sessionId) {
      const viewer = await requireCaller(services, request, "read");
      const asked = { sessionId, action: "read" } as const;
      const access = await requireSession(services.database, viewer, asked);
      const push = await findLastPush(services.database.sql, access);
      if (push === null) throw new AppError("not_found", "This session was never pushed");
      sendJson(response, 200, { push });
    },
  },
};
