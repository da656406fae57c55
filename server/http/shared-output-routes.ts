import { z } from "zod";
import { shareDeskOf } from "#server/shares/share-desk.ts";
import { createShareReader } from "#server/shares/read-share.ts";
import { queryOf, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { encodeFileName } from "./encode-file-name.ts";
import { openFor, withoutSession } from "./open-shared.ts";
import { parseRequest } from "./parse-request.ts";
import { sendWatched } from "./send-watched.ts";

const listQuery = z.object({ before: z.string().max(100).optional() });
const bytesQuery = z.object({ download: z.enum(["0", "1"]).default("0") });

/** What came out beside a transcript, as a share shows it. */
export const sharedOutputRoutes: Route[] = [
  {
    path: /^\/api\/v1\/shares\/([^/]{1,200})\/outputs$/,
    methods: {
      /** Newest first; `next` is what to ask for `before`, null at the end. */
      async GET({ services }, exchange, token) {
        const share = await openFor(services, exchange, token);
        const { before } = parseRequest(listQuery, queryOf(exchange.request));
        const outputs = await (await createShareReader(services, share)).outputs();
        sendJson(exchange.response, 200, await outputs.readPage(before));
      },
    },
  },
  {
    path: /^\/api\/v1\/shares\/([^/]{1,200})\/outputs\/[^/]+$/,
    methods: {
      async GET({ services }, exchange, token) {
        const { request, response, pathname } = exchange;
        const share = await openFor(services, exchange, token);
        const { download } = parseRequest(bytesQuery, queryOf(request));
        const reader = await createShareReader(services, share);
        const outputId = pathname.slice(pathname.lastIndexOf("/") + 1);
        const opened = await reader.openOutput(outputId).catch(withoutSession);
        const { output, stream, mime, bytes } = opened;
        const fileName = output.name.split("/").at(-1) ?? output.name;
        response.writeHead(200, {
          "content-type": mime,
          "content-length": bytes,
          "content-disposition": `${download === "1" ? "attachment" : "inline"}; filename*=UTF-8''${encodeFileName(fileName)}`,
          "cross-origin-resource-policy": "same-origin",
          "x-output-state": output.state,
        });
        await sendWatched(response, stream, shareDeskOf(services).streams.hold(share));
      },
    },
  },
];
