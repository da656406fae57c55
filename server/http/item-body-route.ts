import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import { queryOf, requireCaller } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";

/** The session's generation: with it the answer can be kept. */
const itemBodyQuery = z.object({ generation: z.coerce.number().int().optional() });

/** `GET /api/v1/sessions/:id/items/:seq/body`: one item's whole body, byte for byte as it was received. */
export const itemBodyRoute: Route = {
  path: /^\/api\/v1\/sessions\/([^/]+)\/items\/\d{1,15}\/body$/,
  methods: {
    async GET({ services }, { request, response, pathname }, sessionId) {
      const viewer = await requireCaller(services, request, "read");
      const access = { sessionId, action: "read" } as const;
      const session = await requireSession(services.database, viewer, access);
      const { generation } = parseRequest(itemBodyQuery, queryOf(request));
      requireGeneration(session, generation);
      const seq = Number(/(\d+)\/body$/.exec(pathname)?.[1]);
      const body = await openItemBody(services, { ...session, seq });
      response.writeHead(200, {
        "content-type": "application/json; charset=utf-8",
        "content-length": body.byteSize,
        ...keepFor(generation),
      });
      await pipeline(body.stream, response);
    },
  },
};

/** Throws `not_found` when another generation was asked for. */
export function requireGeneration(session: { generation: number }, asked: number | undefined) {
  if ((asked ?? session.generation) !== session.generation)
    throw new AppError("not_found", "The session was deleted and begun again");
}

/** A position changes with every change of its item, but begins again with the session. */
export const keepFor = (generation: number | undefined) => ({
  "cache-control":
    generation === undefined ? "private, no-cache" : "private, max-age=31536000, immutable",
  // With it nobody else of this browser is given what is kept.
  vary: "cookie, authorization",
});
