import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AppError, isAppError } from "#lib/errors.ts";
import { exportFormats, exportRefs } from "#lib/export.ts";
import { requireSession } from "#server/accounts/policy.ts";
import {
  exportSession,
  type OpenedExport,
  type SessionExport,
} from "#server/exports/export-session.ts";
import type { SpoolServices } from "#server/exports/spool.ts";
import { queryOf, requireCaller } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { chooseCompression } from "./compress-response.ts";
import { encodeFileName } from "./encode-file-name.ts";
import { withHeaders } from "./http-error.ts";
import { parseRequest } from "./parse-request.ts";
import { requestOrigin } from "./request-origin.ts";

/** A reader who takes no byte for so long has gone. */
const STALLED_MS = 15 * 60_000;

/** `12`, or `1.12` with the generation that the position is of. */
const sinceQuery = z
  .string()
  .regex(/^(?:\d{1,9}\.)?\d{1,15}$/, "must be a position, or a generation, a dot and a position")
  .transform((text) => {
    const [seq = "", generation] = text.split(".").toReversed();
    return { seq: Number(seq), generation: generation === undefined ? null : Number(generation) };
  });

export const exportQuery = z.object({
  format: z.enum(exportFormats).default("json"),
  refs: z.enum(exportRefs).default("inline"),
  since: sinceQuery.optional(),
});

export const exportRoutes: Route[] = [
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/export$/,
    methods: {
      /** The whole session as a file, see `docs/export.md`. */
      async GET({ services }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request);
        const action = "read";
        const access = await requireSession(services.database, viewer, { sessionId, action });
        const { since, ...query } = parseRequest(exportQuery, queryOf(request));
        if (since?.generation != null && since.generation !== access.generation)
          throw new AppError("gone", "The position is of an earlier session of this id");
        const origin = requestOrigin(services.environment, request);
        await sendExport(services, response, {
          ...query,
          sessionId,
          generation: access.generation,
          since: since?.seq,
          outputs: { hrefOf: (outputId) => `${origin}/api/v1/outputs/${outputId}` },
          hrefOf: (seq) => `${origin}/api/v1/sessions/${sessionId}/items/${seq}/body`,
          requireAccess: () => requireSession(services.database, viewer, { sessionId, action }),
        });
      },
    },
  },
];

/**
 * Answers with an export, compressed where the reader takes that. When it fails after its first byte, the connection is
 * broken: no reader takes a part for the whole.
 */
export async function sendExport(
  services: SpoolServices,
  response: ServerResponse,
  query: Omit<SessionExport, "signal">,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new AppError("gone", "The reader has left")));
  const opened = await exportSession(services, { ...query, signal: gone.signal }).catch(sayWhen);
  const { mime, chunks } = opened;
  const source = Readable.from(chunks, { objectMode: false });
  if (gone.signal.aborted) {
    await chunks.return();
    return;
  }
  const compression = chooseCompression(response.req.headers["accept-encoding"]);
  response.writeHead(200, {
    "content-type": mime,
    "content-disposition": `attachment; filename*=UTF-8''${encodeFileName(nameOf(opened))}`,
    vary: "accept-encoding",
    ...(compression && { "content-encoding": compression.encoding }),
  });
  response.setTimeout(STALLED_MS, () => response.destroy());
  if (compression) await pipeline(source, compression.create(), response);
  else await pipeline(source, response);
}

function sayWhen(error: unknown): never {
  const seconds = isAppError(error) ? error.details["retryAfterSeconds"] : undefined;
  throw seconds === undefined ? error : withHeaders(error, { "retry-after": String(seconds) });
}

const NAME_MAX_CHARACTERS = 80;

/** The title without what file systems take for something else. */
function nameOf({ title, extension }: OpenedExport): string {
  const name = title
    .replace(/[\p{C}/\\:*?"<>|]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const start = Array.from(name).slice(0, NAME_MAX_CHARACTERS).join("").replace(/^\.+/, "").trim();
  return `${start === "" ? "session" : start}.${extension}`;
}
