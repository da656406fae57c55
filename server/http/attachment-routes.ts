import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { isPictureMime } from "#lib/attachment.ts";
import { ATTACHMENT_MAX_BYTES } from "#lib/limits.ts";
import { getAttachment, removeAttachment } from "#server/attachments/find-attachment.ts";
import { storeAttachment } from "#server/attachments/store-attachment.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { queryOf, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { isKnown } from "./byte-range.ts";
import { encodeFileName } from "./encode-file-name.ts";
import { parseRequest } from "./parse-request.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { sendWatched } from "./send-watched.ts";
import { watchAccess } from "./stream-access.ts";

const NAME_MAX_CHARACTERS = 1_000;

const newAttachmentQuery = z.object({ name: z.string().max(NAME_MAX_CHARACTERS).default("file") });
const bytesQuery = z.object({ download: z.enum(["0", "1"]).default("0") });

/** Files for prompts: sent before the prompt that names them. */
export const attachmentRoutes: Route[] = [
  {
    path: /^\/api\/v1\/attachments$/,
    methods: {
      /** 201 with the attachment when all of the body is stored. */
      async POST({ services }, { request, response }) {
        const viewer = await requireCaller(services, request, "write");
        const { name } = parseRequest(newAttachmentQuery, queryOf(request));
        const attachment = await storeAttachment(services, viewer, {
          name,
          mime: request.headers["content-type"] ?? null,
          announcedBytes: lengthOf(request),
          body: readUploadBody(request),
        });
        sendJson(response, 201, { attachment });
      },
    },
  },
  {
    path: /^\/api\/v1\/attachments\/([^/]+)$/,
    methods: {
      /** A picture to be shown, or a file to be kept: nothing that somebody sent runs as a page of ours. */
      async GET({ services }, { request, response }, attachmentId) {
        const viewer = await requireCaller(services, request, "read");
        const found = await getAttachment(services, viewer, { attachmentId, action: "read" });
        const { download } = parseRequest(bytesQuery, queryOf(request));
        // Kept by the browser, but never shown without asking: the right to read may have ended.
        const known = {
          etag: `"${found.attachmentId}"`,
          "cache-control": "private, no-cache",
          vary: "cookie, authorization",
        };
        if (isKnown(request.headers["if-none-match"], known.etag))
          return void response.writeHead(304, known).end();
        const { stream } = await openBlob(services, found.blobId);
        const isShown = isPictureMime(found.mime) && download === "0";
        response.writeHead(200, {
          ...known,
          "content-type": isPictureMime(found.mime) ? found.mime : "application/octet-stream",
          "content-disposition": `${isShown ? "inline" : "attachment"}; filename*=UTF-8''${encodeFileName(found.name)}`,
          "content-length": found.bytes,
          "cross-origin-resource-policy": "same-origin",
        });
        await sendWatched(response, stream, watchAccess(services, request, viewer));
      },
      /** 204; 409 for one that a prompt has. */
      async DELETE({ services }, { request, response }, attachmentId) {
        const viewer = await requireCaller(services, request, "write");
        const found = await getAttachment(services, viewer, { attachmentId, action: "write" });
        await removeAttachment(services, found);
        response.writeHead(204).end();
      },
    },
  },
];

/** Null where it is not told. */
function lengthOf({ headers }: IncomingMessage): number | null {
  const length = headers["content-length"];
  return length === undefined ? null : Math.min(Number(length), ATTACHMENT_MAX_BYTES + 1);
}
