import type { BroughtName } from "#lib/brought-session.ts";
import { readProblem } from "#lib/problem.ts";
import type { Upload } from "#lib/upload.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { isBadPort, mayPass, reasonOf, retryRequest } from "./retry-request.ts";

/** Where the server is, and what lets us in. */
export interface ServerAddress {
  url: string;
  token: string;
}

export interface PushAnswer {
  upload: Upload;
  skipped: { index: number; reason: string }[];
}

/** What is told of a session that is made; see `broughtSession`. */
export interface NewSession extends Partial<BroughtName> {
  title?: string;
  suggestedTitle?: string;
}

export interface ServerClient {
  address: ServerAddress;
  createSession(brought: NewSession): Promise<{ sessionId: string; isNew: boolean }>;
  /** `body` makes it anew for every attempt; a body that can be made only once is tried once. */
  push(
    sessionId: string,
    push: { body: () => BodyInit; headers: Record<string, string>; isOnce: boolean },
  ): Promise<PushAnswer>;
  readUpload(uploadId: string): Promise<Upload>;
  /** One request of any kind, as often as it takes; answers its JSON. */
  ask(request: ClientRequest): Promise<unknown>;
  /** The same for what takes several requests at every attempt: `attempt` answers the last one's response. */
  askBy(attempt: () => Promise<Response>): Promise<unknown>;
  /** An answer that is not read into memory: its body is the caller's. */
  open(request: ClientRequest): Promise<Response>;
  /** A single attempt, whatever comes of it. */
  fetch(request: ClientRequest): Promise<Response>;
}

export interface ClientRequest {
  path: string;
  headers?: Record<string, string>;
  /** Made anew for every attempt; a GET without. */
  body?: () => BodyInit;
  /** The body cannot be made again: one attempt. */
  isOnce?: boolean;
  /** Another method than the two that go by the body. */
  method?: "DELETE";
  signal?: AbortSignal;
}

/** Speaks to `/api/v1`. Throws `CommandError` with what the server said, in its words. */
export function createServerClient(
  address: ServerAddress,
  { onRetry }: { onRetry: (reason: string, delayMs: number) => void },
): ServerClient {
  const fetchOnce = ({ path, headers, body, method, signal }: ClientRequest) =>
    fetch(new URL(path, address.url), {
      method: method ?? (body ? "POST" : "GET"),
      headers: { authorization: `Bearer ${address.token}`, ...headers },
      ...(body && { body: body(), duplex: "half" }),
      ...(signal && { signal }),
    });
  const askBy = (attempt: () => Promise<Response>) =>
    answerOf(() => retryRequest(attempt, { onRetry }), address);
  const send = (request: ClientRequest) =>
    request.isOnce ? answerOf(() => fetchOnce(request), address) : askBy(() => fetchOnce(request));

  return {
    address,
    ask: send,
    askBy,
    async open(request) {
      const { signal } = request;
      const attempt = () => retryRequest(() => fetchOnce(request), { onRetry, signal });
      const response = await responseOf(attempt, address);
      if (!response.ok) throw refusalOf(response, await response.text(), address);
      return response;
    },
    fetch: fetchOnce,
    async createSession(brought) {
      const headers = { "content-type": "application/json" };
      const body = () => JSON.stringify(brought);
      const answer = await send({ path: "/api/v1/sessions", headers, body });
      return answer as { sessionId: string; isNew: boolean };
    },
    async push(sessionId, push) {
      const answer = await send({ path: `/api/v1/sessions/${sessionId}/ingest`, ...push });
      return answer as PushAnswer;
    },
    async readUpload(uploadId) {
      const answer = await send({ path: `/api/v1/uploads/${uploadId}` });
      return (answer as { upload: Upload }).upload;
    },
  };
}

async function answerOf(
  request: () => Promise<Response>,
  address: ServerAddress,
): Promise<unknown> {
  const response = await responseOf(request, address);
  const text = await response.text();
  const content = parseJson(text);
  if (response.ok && content !== null) return content;
  throw refusalOf(response, text, address);
}

async function responseOf(
  request: () => Promise<Response>,
  { url }: ServerAddress,
): Promise<Response> {
  try {
    return await request();
  } catch (error) {
    if (isBadPort(error as Error)) {
      const words = `${url} cannot be a server: no program may ask this port`;
      throw new CommandError(exitCodes.usage, words, { cause: error });
    }
    const reason = reasonOf(error as Error);
    throw new CommandError(exitCodes.unavailable, `${url} could not be reached: ${reason}`);
  }
}

/** What the server said, in its words. */
function refusalOf({ status }: Response, text: string, { url }: ServerAddress): CommandError {
  const words = readProblem(text) ?? `${url} answered ${status}, and nothing that we understand`;
  const hint = status === 401 ? " (see `millrace help`)" : "";
  const exitCode = mayPass(status, parseJson(text)) ? exitCodes.unavailable : exitCodes.failed;
  return new CommandError(exitCode, `${words}${hint}`, { status });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
