import type { IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";
import { isPortName } from "#lib/stream-ports.ts";
import { findBearerToken } from "#server/accounts/find-caller.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { ExecutionTarget } from "#server/outputs/begin-output.ts";
import { isOutputToken, readOutputToken } from "#server/outputs/output-token.ts";
import { receiveOutput } from "#server/outputs/receive-output.ts";
import type { Services } from "#server/services.ts";
import { requireCaller, sendJson } from "./api-exchange.ts";
import type { Route, RouteHandler } from "./api-route.ts";
import { httpError } from "./http-error.ts";
import { readUploadBody } from "./read-upload-body.ts";

/** A tool may be silent for longer than somebody who sends a file. */
const IDLE_MS = 15 * 60_000;
/** Forms that are not meant: what curl says of itself when it was not told. */
const UNMEANT_MIME = "application/x-www-form-urlencoded";

const PATH = /^\/api\/v1\/sessions\/([^/]+)\/outputs\/(.+)$/;

/** 201 with the output when all of it is stored. `PUT` is what `curl -T` sends. */
export const receiveOutputRoute: Route = {
  path: PATH,
  methods: { POST: answerUpload, PUT: answerUpload },
};

async function answerUpload(...[{ services }, exchange, sessionId]: Parameters<RouteHandler>) {
  const { request, response, pathname } = exchange;
  requirePlainBody(request);
  const target = await findTarget(services, request, sessionId);
  const output = await receiveOutput(services, {
    ...target,
    port: portOf(pathname),
    source: "tool",
    mime: mimeOf(request),
    announcedBytes: lengthOf(request),
    quotaBytes: services.environment.SESSION_OUTPUTS_MAX_BYTES,
    thresholdBytes: services.environment.REFERENCE_THRESHOLD_BYTES,
    body: readUploadBody(request, { idleMs: IDLE_MS }),
  });
  sendJson(response, 201, { output, url: `/api/v1/outputs/${output.outputId}` });
}

/** Bytes are stored as they come: compressed ones would be served as if they were not. */
function requirePlainBody({ headers }: IncomingMessage): void {
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  throw httpError(415, "Send the body without Content-Encoding", {
    headers: { "accept-encoding": "identity" },
    details: { field: "Content-Encoding" },
  });
}

/** A tool brings the token of its agent, and then it is that agent's execution; everybody else what they may ingest. */
async function findTarget(
  services: Services,
  request: IncomingMessage,
  sessionId: string,
): Promise<ExecutionTarget> {
  const token = findBearerToken(request.headers);
  if (token === null || !isOutputToken(token)) {
    const viewer = await requireCaller(services, request, "ingest");
    const { generation } = await requireSession(services.database, viewer, {
      sessionId,
      action: "ingest",
    });
    return { sessionId, generation, executionId: "" };
  }
  const target = await readOutputToken(services.database, token);
  if (target.sessionId !== sessionId)
    throw new AppError("not_found", "There is no such session", {
      details: { field: "sessionId" },
    });
  return target;
}

function portOf(pathname: string): string {
  const port = decode(PATH.exec(pathname)?.[2] ?? "");
  if (port !== null && isPortName(port)) return port;
  throw new AppError("invalid_input", "No output can have this name", {
    details: { field: "port" },
  });
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const mimeOf = ({ headers }: IncomingMessage) => {
  const mime = headers["content-type"];
  return mime === undefined || mime === UNMEANT_MIME ? null : mime.slice(0, 200);
};

const lengthOf = ({ headers }: IncomingMessage) => {
  const length = headers["content-length"];
  return length === undefined ? null : Number(length);
};
