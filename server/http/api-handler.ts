import type { ServerResponse } from "node:http";
import { AppError } from "#lib/errors.ts";
import { findViewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import type { ApiParts, Exchange, Route } from "./api-route.ts";
import { sendProblem } from "./error-response.ts";
import { attachmentRoutes } from "./attachment-routes.ts";
import { batchRoutes } from "./batch-routes.ts";
import { changesRoute } from "./changes-route.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { exportRoutes } from "./export-route.ts";
import { itemFileRoute } from "./item-file-route.ts";
import { itemBodyRoute } from "./item-body-route.ts";
import { outputRoutes } from "./output-routes.ts";
import { pushRoute } from "./push-route.ts";
import { receiveOutputRoute } from "./receive-output-route.ts";
import { answerProcedure } from "./procedure-route.ts";
import { tusRoutes } from "./tus-route.ts";
import { sessionRoutes } from "./session-routes.ts";
import { ownShareRoutes } from "./own-share-routes.ts";
import { shareRoutes } from "./share-routes.ts";
import { streamRoutes } from "./stream-routes.ts";
import { uploadRoutes } from "./upload-routes.ts";

/** Where live sockets are opened. */
export const LIVE_PATH = "/api/v1/live";

const TRPC_PREFIX = "/api/trpc/";

const routes: Route[] = [
  ...sessionRoutes,
  ...conversationRoutes,
  ...ownShareRoutes,
  ...shareRoutes,
  ...attachmentRoutes,
  ...uploadRoutes,
  ...tusRoutes,
  ...batchRoutes,
  ...exportRoutes,
  changesRoute,
  pushRoute,
  ...outputRoutes,
  receiveOutputRoute,
  ...streamRoutes,
  itemFileRoute,
  itemBodyRoute,
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/events$/,
    methods: {
      GET: ({ sockets }, { request, response }, sessionId) =>
        sockets.answerEvents(request, response, `session:${sessionId}`),
    },
  },
  {
    path: /^\/api\/v1\/batches\/([^/]+)\/events$/,
    methods: {
      GET: ({ sockets }, { request, response }, batchId) =>
        sockets.answerEvents(request, response, `batch:${batchId}`),
    },
  },
  {
    path: new RegExp(`^${LIVE_PATH}$`),
    methods: {
      GET: (_, { response }) =>
        sendProblem(response, {
          status: 426,
          code: "invalid_input",
          message: "Only WebSockets are opened here",
          headers: { upgrade: "websocket", connection: "upgrade" },
        }),
    },
  },
];

const testRoutes: Route[] = [
  {
    path: /^\/api\/test\/cut-sockets$/,
    methods: {
      async POST({ services, sockets }, { request, response }) {
        const viewer = await findViewer(services, request.headers.cookie);
        if (!viewer) throw new AppError("unauthorized", "Sign in first");
        sockets.cutAllSockets();
        response.writeHead(204).end();
      },
    },
  },
];

/** Everything below `/api`: answered here, before Next.js sees the request. */
export async function handleApi(parts: ApiParts, exchange: Exchange): Promise<void> {
  const { request, response, pathname } = exchange;
  const { TEST_HOOKS } = parts.services.environment;
  response.setHeader("cache-control", "no-store");
  if (pathname.startsWith(TRPC_PREFIX)) return handleTrpc(parts.services, exchange);
  const known = TEST_HOOKS ? [...routes, ...testRoutes] : routes;
  const matching = known.filter(({ path }) => path.test(pathname));
  const [route] = matching;
  if (!route) throw new AppError("not_found", "There is nothing at this address");
  const methods: Route["methods"] = Object.assign({}, ...matching.map((one) => one.methods));
  const answer = methods[request.method as keyof Route["methods"]];
  if (!answer) {
    const allowed = Object.keys(methods).join(", ");
    return sendProblem(response, {
      status: 405,
      code: "invalid_input",
      message: `This address answers ${allowed} only`,
      headers: { allow: allowed },
    });
  }
  await answer(parts, exchange, route.path.exec(pathname)?.[1] ?? "");
}

function handleTrpc(services: Services, { request, response, pathname }: Exchange): Promise<void> {
  return answerProcedure(request, response, {
    path: pathname.slice(TRPC_PREFIX.length),
    createContext: async () => ({
      services,
      viewer: await findViewer(services, request.headers.cookie),
      callerGone: () => abortWhenClosed(response),
    }),
  });
}

function abortWhenClosed(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.closed) gone.abort();
  return gone.signal;
}
