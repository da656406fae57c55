import { Server } from "@tus/server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { createUploadId } from "#lib/ids.ts";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { UploadStore } from "#server/ingest/resumable/upload-store.ts";
import type { Services } from "#server/services.ts";
import { requireCaller } from "./api-exchange.ts";
import type { ApiParts, Exchange, Route } from "./api-route.ts";
import { httpError } from "./http-error.ts";
import { readUploadBody } from "./read-upload-body.ts";
import { sendAnswer } from "./send-answer.ts";

const VERSION = "1.0.0";
const UPLOADS_PATH = "/api/v1/uploads";
/** What may wait between the connection and whoever stores it, more than once. */
const WEB_BODY = { objectMode: false, highWaterMark: 256 * 1024 };

/** Resumable uploads: tus 1.0, https://tus.io/protocols/resumable-upload. */
export const tusRoutes: Route[] = [
  {
    path: /^\/api\/v1\/uploads$/,
    methods: { POST: answerTus, OPTIONS: describeTus },
  },
  {
    path: /^\/api\/v1\/uploads\/([^/]+)$/,
    methods: { HEAD: answerTus, PATCH: answerTus, DELETE: answerTus, OPTIONS: describeTus },
  },
];

/** Every failure is answered as anywhere else in the API, whatever the package would say. */
async function answerTus(
  { services }: ApiParts,
  { request, response, pathname }: Exchange,
): Promise<void> {
  response.setHeader("tus-resumable", VERSION);
  const viewer = await requireCaller(services, request, "ingest");
  requireVersion(request);
  const server = createTusServer(services, viewer);
  const answer = await server.handleWeb(toWebRequest(request, pathname));
  if (answer.status >= 400) throw httpError(answer.status, firstLine(await answer.text()));
  sendHead(response, answer);
}

function describeTus(_: ApiParts, { response }: Exchange): void {
  response.writeHead(204, {
    "tus-resumable": VERSION,
    "tus-version": VERSION,
    "tus-extension": UploadStore.extensions.join(","),
    "tus-max-size": UPLOAD_MAX_BYTES,
  });
  response.end();
}

function requireVersion({ headers }: IncomingMessage): void {
  if (headers["tus-resumable"] === VERSION) return;
  throw httpError(412, `Send "Tus-Resumable: ${VERSION}"`, {
    headers: { "tus-version": VERSION },
    details: { field: "Tus-Resumable" },
  });
}

/** Of one request: its store sees what the caller sees. */
function createTusServer(services: Services, viewer: Viewer): Server {
  const store = new UploadStore(services, viewer);
  return new Server({
    path: UPLOADS_PATH,
    relativeLocation: true,
    datastore: store,
    maxSize: UPLOAD_MAX_BYTES,
    // The store gives the upload its id; until then it has one that nobody sees.
    namingFunction: createUploadId,
    locker: noLock,
    onResponseError(_, error) {
      throw toOurError(error, store);
    },
  });
}

/**
 * Requests for one upload need not wait for each other: every durable step compares the offset, in whichever process,
 * so of two writers one wins, and one that hangs on a dead connection holds up nobody.
 */
const noLock = { newLock: () => ({ lock: async () => {}, unlock: async () => {} }) };

const codes: Record<number, ErrorCode | undefined> = {
  404: "not_found",
  409: "conflict",
  410: "gone",
  413: "too_large",
};

/** The package throws objects with a status and a text, and gives a connection that broke a status like any other. */
function toOurError(
  error: Error | { status_code: number; body: string },
  { offset }: Pick<UploadStore, "offset">,
): unknown {
  if (isAppError(error) || !("status_code" in error)) return error;
  const { status_code: status, body } = error;
  const message = firstLine(body);
  if (/aborted/i.test(message))
    return new AppError("unavailable", "The connection ended within the upload");
  const code = codes[status];
  if (code === "conflict" && offset !== null) return belongsAt(offset);
  if (code === "too_large") return tooLarge(message);
  if (code) return new AppError(code, message);
  return status < 500 || status === 501 ? httpError(status, message) : error;
}

/** Of a piece that begins elsewhere: the package does not say where it would have to. */
const belongsAt = (offset: number) =>
  new AppError("conflict", `The next byte of the upload is byte ${offset}`, {
    details: { offset, field: "Upload-Offset" },
  });

/** The package says that it is too large, not what would not be. */
const tooLarge = (message: string) =>
  message.startsWith("Maximum")
    ? new AppError("too_large", `An upload has at most ${UPLOAD_MAX_BYTES} bytes`, {
        details: { maxBytes: UPLOAD_MAX_BYTES, field: "Upload-Length" },
      })
    : new AppError("too_large", "More bytes came than the upload was announced to have");

const firstLine = (text: string) => text.split("\n", 1)[0] ?? "";

/**
 * Whoever broke off, or fell silent, asks how far it came or is told: a connection that ends within a piece is the end of
 * that piece, and so is silence.
 */
async function* untilBroken(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* readUploadBody(request);
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

function toWebRequest(request: IncomingMessage, pathname: string): Request {
  const { method = "GET" } = request;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    headers.set(name, Array.isArray(value) ? value.join(", ") : (value ?? ""));
  const hasBody = method === "PATCH" || method === "POST";
  const body = hasBody ? Readable.toWeb(Readable.from(untilBroken(request), WEB_BODY)) : null;
  const init = { method, headers, body, duplex: "half" };
  return new Request(new URL(pathname, "http://localhost"), init as RequestInit);
}

/** No answer of tus has a body, and none is for pages of other origins. */
function sendHead(response: ServerResponse, { status, headers }: Response): void {
  for (const [name, value] of headers)
    if (!name.startsWith("access-control-") && name !== "content-type")
      response.setHeader(name, value);
  sendAnswer(response, { status });
}
