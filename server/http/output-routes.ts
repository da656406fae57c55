import { z } from "zod";
import { isOutputId } from "#lib/ids.ts";
import { outputKind } from "#lib/output-kind.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { deleteOutput } from "#server/outputs/delete-output.ts";
import { listOutputs, requireOutput } from "#server/outputs/read-outputs.ts";
import { zipOutputs } from "#server/outputs/zip-outputs.ts";
import { queryOf, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route, RouteHandler } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { watchAccess } from "./stream-access.ts";
import { setFramedDataHeaders } from "./security-headers.ts";
import { sendWatched } from "./send-watched.ts";
import { sendLiveOutput, sendOutput } from "./send-output.ts";

const PAGE_OUTPUTS_MAX = 100;

const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((text) => text === "1");

const bytesQuery = z.object({
  live: flag,
  download: flag,
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

const listQuery = z.object({
  before: z.string().refine(isOutputId, "This is not an output id").optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_OUTPUTS_MAX).default(PAGE_OUTPUTS_MAX),
  execution: z.string().max(100).optional(),
  type: z.string().max(100).optional(),
});

/** What executions, tools and agents brought out. */
export const outputRoutes: Route[] = [
  {
    path: /^\/api\/v1\/outputs\/([^/]+)$/,
    methods: {
      GET: answerBytes,
      HEAD: answerBytes,
      /** 204; its bytes go with it. */
      async DELETE({ services }, { request, response }, outputId) {
        const viewer = await requireCaller(services, request, "write");
        const output = await requireOutput(services.database, viewer, {
          outputId,
          action: "write",
        });
        await deleteOutput(services, output);
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/outputs$/,
    methods: {
      /** Newest first; `next` is what to ask for `before`, null at the end. */
      async GET({ services }, { request, response }, sessionId) {
        const viewer = await requireCaller(services, request, "read");
        const access = await requireSession(services.database, viewer, {
          sessionId,
          action: "read",
        });
        const { before, limit, execution, type } = parseRequest(listQuery, queryOf(request));
        const { generation } = access;
        const query = { sessionId, generation, before, limit, executionId: execution };
        sendJson(
          response,
          200,
          await listOutputs(services.database, { ...query, mimePrefix: type }),
        );
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/outputs\.zip$/,
    methods: { GET: answerArchive },
  },
];

/** All outputs of a session in one archive. */
async function answerArchive(...[{ services }, exchange, sessionId]: Parameters<RouteHandler>) {
  const { request, response } = exchange;
  const viewer = await requireCaller(services, request, "read");
  const access = { sessionId, action: "read" } as const;
  const { generation } = await requireSession(services.database, viewer, access);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const archive = await zipOutputs(services, { sessionId, generation }, gone.signal);
  response.writeHead(200, {
    "content-type": "application/zip",
    "content-disposition": `attachment; filename="${sessionId}-outputs.zip"`,
    "cache-control": "private, no-store",
  });
  await sendWatched(response, archive, watchAccess(services, request, viewer));
}

async function answerBytes(...[{ services }, exchange, outputId]: Parameters<RouteHandler>) {
  const { request, response } = exchange;
  const viewer = await requireCaller(services, request, "read");
  const output = await requireOutput(services.database, viewer, { outputId, action: "read" });
  const { live, download, offset } = parseRequest(bytesQuery, queryOf(request));
  if (outputKind(output.mime) === "pdf") setFramedDataHeaders(response);
  const watch = () => watchAccess(services, request, viewer);
  const answer = { request, response, output, isDownload: download, watch };
  if (live) await sendLiveOutput(services, { ...answer, offset });
  else await sendOutput(services, answer);
}
