import { Readable } from "node:stream";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MAX_SIDE } from "#lib/limits.ts";
import { readPicture, type Picture } from "#lib/read-picture.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import { openEmbeddedFile, type EmbeddedFile } from "#server/items/open-embedded-file.ts";
import { parseJsonPointer } from "#server/items/json-text-finder.ts";
import { queryOf, requireCaller } from "./api-exchange.ts";
import type { Exchange, Route } from "./api-route.ts";
import { keepFor, requireGeneration } from "./item-body-route.ts";
import { parseRequest } from "./parse-request.ts";
import { sendWatched } from "./send-watched.ts";
import { watchAccess, type WatchedAccess } from "./stream-access.ts";

const pointer = z
  .string()
  .max(2_048)
  .transform((text, context) => {
    const path = parseJsonPointer(text);
    if (path === null) context.addIssue({ code: "custom", message: "This is no JSON pointer" });
    return path ?? z.NEVER;
  });

/** Which of the files in an item is meant, and for what. */
const itemFileQuery = z.object({
  /** JSON pointer to the text that it stands in. */
  at: pointer,
  /** Where it begins there. */
  from: z.coerce.number().int().min(0).max(100_000_000).default(0),
  /** To be kept, whatever it is; without it only pictures are answered. */
  download: z.literal("1").optional(),
  /** Of the session: with it the answer can be kept. */
  generation: z.coerce.number().int().optional(),
});

type ItemFileQuery = z.infer<typeof itemFileQuery>;

const PATH = /^\/api\/v1\/sessions\/([^/]+)\/items\/\d{1,15}\/file$/;

/**
 * `GET /api/v1/sessions/:id/items/:seq/file?at=`: a file that an item holds as a `data:` URL, as bytes. A picture comes
 * as what its bytes say that it is; everything else only as a download that no browser opens.
 */
export const itemFileRoute: Route = {
  path: PATH,
  methods: {
    async GET({ services }, { request, response, pathname }, sessionId) {
      const viewer = await requireCaller(services, request, "read");
      const access = { sessionId, action: "read" } as const;
      const session = await requireSession(services.database, viewer, access);
      const query = parseRequest(itemFileQuery, queryOf(request));
      requireGeneration(session, query.generation);
      const seq = Number(/(\d+)\/file$/.exec(pathname)?.[1]);
      const { stream, sha256 } = await openItemBody(services, { ...session, seq });
      const watch = () => watchAccess(services, request, viewer);
      const headers = { etag: tagOf(sha256, query), ...keepFor(query.generation) };
      if (request.headers["if-none-match"] !== headers.etag)
        return sendItemFile(response, stream, { query, headers, watch, onlyPictures: false });
      stream.destroy();
      response.writeHead(304, headers).end();
    },
  },
};

const tagOf = (sha256: string, { at, from }: ItemFileQuery) =>
  `"${sha256.slice(0, 32)}.${Buffer.from(JSON.stringify([at, from])).toString("base64url")}"`;

/** What a share shows of an item holds the same file, or none. */
export async function answerSharedFile(
  { request, response }: Exchange,
  openBody: () => Promise<Readable>,
  watch: () => WatchedAccess,
): Promise<void> {
  const query = parseRequest(itemFileQuery, queryOf(request));
  const options = { query, headers: {}, watch, onlyPictures: true };
  await sendItemFile(response, await openBody(), options);
}

interface SendOptions {
  query: ItemFileQuery;
  headers: Record<string, string>;
  watch: () => WatchedAccess;
  /** Of other files nobody has looked at what they hold. */
  onlyPictures: boolean;
}

/** Sends a file of an item's JSON; ends `json` in every case. */
async function sendItemFile(
  response: ServerResponse,
  json: Readable,
  { query, headers, watch, onlyPictures }: SendOptions,
): Promise<void> {
  try {
    const file = await openEmbeddedFile(json, { path: query.at, from: query.from });
    const picture = readPicture(file.head);
    if (picture === null && (onlyPictures || query.download === undefined))
      throw new AppError("not_found", "This is no picture that can be shown");
    if (query.download === undefined) requireDrawable(picture!);
    response.writeHead(200, {
      ...headers,
      "content-type": picture?.type ?? "application/octet-stream",
      "content-disposition": query.download === undefined ? "inline" : "attachment",
      "cross-origin-resource-policy": "same-origin",
    });
    const bytes = limited(file, query.download === undefined);
    await sendWatched(response, Readable.from(bytes, { objectMode: false }), watch());
  } finally {
    json.destroy();
  }
}

function requireDrawable({ width, height }: Picture): void {
  if (Math.max(width, height) > PICTURE_MAX_SIDE || width * height > PICTURE_MAX_PIXELS)
    throw new AppError("too_large", "This picture has too many pixels to be shown", {
      details: { width, height },
    });
}

/** Breaks off what turns out to be too long, so that nobody takes its beginning for all of it. */
async function* limited({ bytes }: EmbeddedFile, isLimited: boolean): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const block of bytes) {
    size += block.byteLength;
    if (isLimited && size > PICTURE_MAX_BYTES)
      throw new AppError("too_large", "This picture is too large to be shown");
    yield block;
  }
}
