import { z } from "zod";
import { isLoginSecure } from "#server/accounts/login-cookie.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Services } from "#server/services.ts";
import { takeAttempt } from "#server/shares/attempt-limit.ts";
import { getShare, shareNotFound, unlockShare } from "#server/shares/open-share.ts";
import { createShareReader, type ShareReader } from "#server/shares/read-share.ts";
import { readSharedSession } from "#server/shares/read-shared-session.ts";
import { shareDeskOf } from "#server/shares/share-desk.ts";
import { queryOf, readJson, sendJson } from "./api-exchange.ts";
import type { Exchange, Route, RouteHandler } from "./api-route.ts";
import { exportQuery, sendExport } from "./export-route.ts";
import { answerSharedFile } from "./item-file-route.ts";
import { parseRequest } from "./parse-request.ts";
import { requestOrigin } from "./request-origin.ts";
import { sendWatched } from "./send-watched.ts";
import { openFor, withoutSession } from "./open-shared.ts";
import { sharedOutputRoutes } from "./shared-output-routes.ts";
import { setShareHeaders } from "./security-headers.ts";

const PASSWORD_REQUEST_MAX_BYTES = 4_096;

const place = z.string().max(1_024);
const flag = z.enum(["0", "1"]).transform((text) => text === "1");
const windowQuery = z.object({
  before: place.optional(),
  after: place.optional(),
  around: place.optional(),
  only: z.literal("answers").optional(),
  isFirst: flag.optional(),
});
const outlineQuery = z.object({ after: place.optional() });
const findQuery = z.object({
  text: z
    .string()
    .min(1)
    .max(500)
    .refine((text) => !text.includes("\0"), "The text holds a NUL character"),
  after: place.optional(),
  isThorough: flag.optional(),
});
const passwordRequest = z.object({ password: z.string().max(1_000) });

const at = (rest: string) => new RegExp(`^/api/v1/shares/([^/]{1,200})${rest}$`);

/** What is read through a share: by whoever has its link, and nothing else. Everything that does not open is one 404. */
export const shareRoutes: Route[] = [
  {
    // Ids of shares are no tokens: what begins like one is their owner's.
    path: /^\/api\/v1\/shares\/((?!shr_)[^/]{1,200})$/,
    methods: {
      /** What a page shows of the session beside its transcript. */
      async GET({ services }, exchange, token) {
        const share = await openFor(services, exchange, token);
        const reader = await createShareReader(services, share);
        const { state } = await readSharedSession(services.database, share, reader).catch(
          withoutSession,
        );
        sendJson(exchange.response, 200, state);
      },
    },
  },
  { path: at("/transcript"), methods: { GET: answerRead(windowQuery, "readWindow") } },
  { path: at("/outline"), methods: { GET: answerRead(outlineQuery, "readOutline") } },
  { path: at("/find"), methods: { GET: answerRead(findQuery, "find") } },
  { path: at("/usage"), methods: { GET: answerRead(z.object({}), "readUsage") } },
  { path: at("/items/\\d{1,15}/body"), methods: { GET: answerBody } },
  ...sharedOutputRoutes,
  {
    path: at("/items/\\d{1,15}/file"),
    methods: {
      /** A picture in what the share shows of an item. */
      async GET({ services }, exchange, token) {
        const share = await openFor(services, exchange, token);
        const seq = Number(/(\d+)\/file$/.exec(exchange.pathname)?.[1]);
        const reader = await createShareReader(services, share);
        const watch = () => shareDeskOf(services).streams.hold(share);
        await answerSharedFile(exchange, () => reader.openBody(seq), watch).catch(withoutSession);
      },
    },
  },
  {
    path: at("/events"),
    methods: {
      async GET({ services }, exchange, token) {
        const share = await openFor(services, exchange, token);
        if (!exchange.response.destroyed)
          shareDeskOf(services).streams.open(share, exchange.response);
      },
    },
  },
  {
    path: at("/export"),
    methods: {
      /** What the share shows as a file; ends when the share does. */
      async GET({ services }, exchange, token) {
        const share = await openFor(services, exchange, token);
        const { format, refs } = parseRequest(exportQuery, queryOf(exchange.request));
        const reader = await createShareReader(services, share);
        const base = `${requestOrigin(services.environment, exchange.request)}/api/v1/shares/${token}`;
        await sendExport(services, exchange.response, {
          ...reader.exportOptions(),
          format,
          refs,
          outputs: await reader.exportedOutputs((id) => `${base}/outputs/${id}`),
          hrefOf: (seq) => `${base}/items/${seq}/body`,
          requireAccess: () =>
            getShare(services.database, { token, cookieHeader: exchange.request.headers.cookie }),
        }).catch(withoutSession);
      },
    },
  },
  { path: at("/unlock"), methods: { POST: answerUnlock } },
];

type ReadName = "readWindow" | "readOutline" | "find" | "readUsage";

function answerRead<Query>(schema: z.ZodType<Query>, name: ReadName): RouteHandler {
  return async ({ services }, exchange, token) => {
    const share = await openFor(services, exchange, token);
    const query = parseRequest(schema, queryOf(exchange.request));
    const reader = await createShareReader(services, share);
    const read = reader[name] as (query: Query) => ReturnType<ShareReader[ReadName]>;
    sendJson(exchange.response, 200, await read(query).catch(withoutSession));
  };
}

async function answerBody(
  { services }: { services: Services },
  exchange: Exchange,
  token: string,
): Promise<void> {
  const { pathname, response } = exchange;
  const share = await openFor(services, exchange, token);
  const seq = Number(/\/items\/(\d+)\/body$/.exec(pathname)?.[1]);
  const reader = await createShareReader(services, share);
  const stream = await reader.openBody(seq).catch(withoutSession);
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  await sendWatched(response, stream, shareDeskOf(services).streams.hold(share));
}

/** 204 with the cookies that open the share. */
async function answerUnlock(
  { services }: { services: Services },
  { request, response }: Exchange,
  token: string,
): Promise<void> {
  setShareHeaders(response);
  await takeAttempt(services.database, hashSecretToken(token));
  const { password } = parseRequest(
    passwordRequest,
    await readJson(request, PASSWORD_REQUEST_MAX_BYTES),
  );
  const secure = isLoginSecure(services.environment);
  const cookies = await unlockShare(services.database, { token, password, secure });
  if (cookies === null) throw shareNotFound();
  response.writeHead(204, { "set-cookie": cookies }).end();
}
