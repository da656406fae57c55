import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { REFERENCE_THRESHOLD_MAX_BYTES } from "#lib/limits.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import { readLinkedValue } from "#server/items/read-linked-value.ts";
import { queryOf, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { sendWatched } from "./send-watched.ts";
import { watchAccess } from "./stream-access.ts";

const itemBodyQuery = z.object({
  /** The session's generation: with it the answer can be kept. */
  generation: z.coerce.number().int().optional(),
  /** Files of so many bytes or more come as addresses: `none` of them with their bytes. Left out: all. */
  hydrate: z
    .literal("none")
    .transform(() => 0)
    .or(z.coerce.number().int().min(0).max(REFERENCE_THRESHOLD_MAX_BYTES))
    .optional(),
});

/**
 * `GET /api/v1/sessions/:id/items/:seq/body`: one item's whole body, byte for byte as it was received; with `?hydrate=`
 * its value, in which larger files are addresses.
 */
export const itemBodyRoute: Route = {
  path: /^\/api\/v1\/sessions\/([^/]+)\/items\/\d{1,15}\/body$/,
  methods: {
    async GET({ services }, { request, response, pathname }, sessionId) {
      const viewer = await requireCaller(services, request, "read");
      const access = { sessionId, action: "read" } as const;
      const session = await requireSession(services.database, viewer, access);
      const { generation, hydrate } = parseRequest(itemBodyQuery, queryOf(request));
      requireGeneration(session, generation);
      const seq = Number(/(\d+)\/body$/.exec(pathname)?.[1]);
      if (hydrate !== undefined) {
        const hrefOf = (pointer: string) =>
          pathname.replace(/body$/, `file?download=1&at=${encodeURIComponent(pointer)}`);
        const position = { ...session, seq };
        const value = await readLinkedValue(services, position, { below: hydrate, hrefOf });
        sendJson(response, 200, value);
        return;
      }
      const body = await openItemBody(services, { ...session, seq });
      response.writeHead(200, {
        "content-type": "application/json; charset=utf-8",
        "content-length": body.byteSize,
        ...keepFor(generation),
      });
      await sendWatched(response, body.stream, watchAccess(services, request, viewer));
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
