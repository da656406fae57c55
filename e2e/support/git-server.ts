import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

export interface GitServerOptions {
  /** Folder that holds the bare repositories. */
  root: string;
  /** How long every answer is kept back. */
  delayMs?: number;
  /** Takes branches, from whoever may read. */
  isWritable?: boolean;
  /** Answers what is not for git, of whoever may read; false leaves it to git. */
  answerBesides?(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

export interface GitServer {
  /** Origin without a slash; a repository is at `<url>/<folder below root>`. */
  url: string;
  /** Method and path of every request so far, in order, with the query. */
  requests: string[];
  /** Keeps all answers back until `release`. */
  hold(): void;
  release(): void;
  /** From now on answers requests whose path begins with `prefix` by a redirect; null ends it. */
  redirect(prefix: string, target: string | null): void;
  /** Answers everything with this status, as a private repository with 401; null ends it. */
  failWith(status: number | null): void;
  /** From now on asks for this name and password, as a private repository does; null ends it. */
  protect(credential: { username: string; password: string } | null): void;
  /** Also ends connections that are held. */
  close(): Promise<void>;
}

/** Serves repositories by git's smart HTTP protocol on loopback, and misbehaves on request. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const requests: string[] = [];
  const redirects = new Map<string, string>();
  let status: number | null = null;
  let held: Gate | null = null;
  let authorization: string | null = null;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? "/";
    requests.push(`${request.method} ${url}`);
    await held?.promise;
    if (options.delayMs) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    if (status !== null) {
      const headers = status === 401 ? { "www-authenticate": 'Basic realm="git"' } : {};
      return void response.writeHead(status, headers).end("no\n");
    }
    if (authorization !== null && request.headers.authorization !== authorization) {
      return void response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("no\n");
    }
    const moved = [...redirects].find(([prefix]) => url.startsWith(prefix));
    if (moved) {
      const location = moved[1] + url.slice(moved[0].length);
      return void response.writeHead(302, { location }).end();
    }
    if (await options.answerBesides?.(request, response)) return;
    await runBackend(options, request, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const release = () => {
    held?.resolve();
    held = null;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    hold: () => (held ??= createGate()),
    release,
    redirect: (prefix, target) =>
      void (target === null ? redirects.delete(prefix) : redirects.set(prefix, target)),
    failWith: (value) => (status = value),
    protect(credential) {
      const { username, password } = credential ?? { username: "", password: "" };
      const pair = Buffer.from(`${username}:${password}`).toString("base64");
      authorization = credential && `Basic ${pair}`;
    },
    async close() {
      release();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Gate {
  promise: Promise<void>;
  resolve(): void;
}

function createGate(): Gate {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** CGI, RFC 3875: headers in variables and at the head of the output, bodies on standard input and output. */
async function runBackend(
  { root, isWritable = false }: GitServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const backend = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "http.receivepack",
      GIT_CONFIG_VALUE_1: String(isWritable),
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REQUEST_METHOD: request.method ?? "GET",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: request.headers["content-length"] ?? "",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  response.once("close", () => backend.kill());
  // A backend that refuses a request does not read its body.
  pipeline(request, backend.stdin).catch(() => backend.stdin.destroy());
  await pipeline(
    backend.stdout,
    async function* (source) {
      yield* splitHead(source as AsyncIterable<Buffer>, (head) => writeHead(response, head));
    },
    response,
  );
}

/** Gives the lines before the first empty one to `onHead` and passes on what follows. */
async function* splitHead(source: AsyncIterable<Buffer>, onHead: (head: string) => void) {
  let start: Buffer | null = Buffer.alloc(0);
  for await (const chunk of source) {
    if (start === null) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    const end = start.indexOf("\r\n\r\n");
    if (end === -1) continue;
    onHead(start.subarray(0, end).toString("latin1"));
    yield start.subarray(end + 4);
    start = null;
  }
}

function writeHead(response: ServerResponse, head: string) {
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
}
