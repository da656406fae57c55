import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Settings } from "../s3/bucket.ts";

/** One request, with its body read. */
export interface S3Request {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** What a test does with a request instead of the answer. */
export type Trouble =
  | { status: number; code: string }
  | "reset"
  | "silence"
  /** Done, but the answer is lost. */
  | "done-then-reset"
  /** The first bytes of the answer, then the connection is gone. */
  | { cutAfterBytes: number }
  /** The first bytes of the answer, then nothing more. */
  | { silentAfterBytes: number };

export interface ScriptedS3 {
  settings: S3Settings;
  /** All that came, in order. */
  requests: S3Request[];
  /** What is stored, by path. */
  objects: Map<string, Buffer>;
  /** Open multipart uploads: their parts by number. */
  uploads: Map<string, Map<number, Buffer>>;
  /** Asked for each request before it is answered; null answers it well. */
  trouble: (request: S3Request) => Trouble | null | Promise<Trouble | null>;
  close(): Promise<void>;
}

/**
 * A small server that understands what our driver sends, keeps it in memory, and makes the trouble that a test wants.
 * It checks no signatures; a real server does, in the tests of the contract.
 */
export async function startScriptedS3(): Promise<ScriptedS3> {
  const server = createServer((request, response) => {
    answer(scripted, request, response).catch((error: Error) => response.destroy(error));
  });
  const scripted: ScriptedS3 = {
    settings: {
      endpoint: "",
      region: "us-east-1",
      bucket: "bucket",
      prefix: "",
      credentials: { accessKeyId: "key", secretAccessKey: "secret" },
      forcePathStyle: true,
    },
    requests: [],
    objects: new Map(),
    uploads: new Map(),
    trouble: () => null,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  scripted.settings.endpoint = `http://127.0.0.1:${port}`;
  return scripted;
}

async function answer(
  scripted: ScriptedS3,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming);
  scripted.requests.push(request);
  const trouble = await scripted.trouble(request);
  if (trouble === "silence") return;
  if (trouble === "reset") return void response.destroy();
  if (trouble !== null && typeof trouble === "object" && "status" in trouble) {
    response.writeHead(trouble.status);
    return void response.end(`<Error><Code>${trouble.code}</Code><Message>no</Message></Error>`);
  }
  const { status, headers = {}, body = "" } = carryOut(scripted, request);
  if (trouble === "done-then-reset") return void response.destroy();
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
  if (trouble === null) return void response.end(request.method === "HEAD" ? undefined : body);
  if ("silentAfterBytes" in trouble)
    return void response.write(body.slice(0, trouble.silentAfterBytes));
  response.write(body.slice(0, trouble.cutAfterBytes), () => response.destroy());
}

async function readRequest(incoming: IncomingMessage): Promise<S3Request> {
  const url = new URL(incoming.url ?? "", "http://scripted");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
  };
}

interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  body?: Buffer | string;
}

function carryOut(scripted: ScriptedS3, request: S3Request): Answer {
  const { method, path, query, body } = request;
  const uploadId = query.get("uploadId");
  if (uploadId !== null) return carryOutUpload(scripted, request, uploadId);
  if (method === "POST") {
    const id = `upload-${scripted.uploads.size + 1}`;
    scripted.uploads.set(id, new Map());
    return {
      status: 200,
      body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    };
  }
  if (method === "PUT") {
    scripted.objects.set(path, body);
    return { status: 200, headers: { etag: '"whole"' } };
  }
  return readObject(scripted.objects.get(path), request);
}

function carryOutUpload({ uploads, objects }: ScriptedS3, request: S3Request, id: string): Answer {
  const { method, path, query, body } = request;
  const parts = uploads.get(id);
  if (parts === undefined) return missing("NoSuchUpload");
  if (method === "PUT") {
    parts.set(Number(query.get("partNumber")), body);
    return { status: 200, headers: { etag: `"part-${query.get("partNumber")}"` } };
  }
  uploads.delete(id);
  if (method === "DELETE") return { status: 204 };
  const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map((match) => match[1]);
  objects.set(path, Buffer.concat(numbers.map((number) => parts.get(Number(number))!)));
  return {
    status: 200,
    body: "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>",
  };
}

function readObject(stored: Buffer | undefined, { headers }: S3Request): Answer {
  if (stored === undefined) return missing("NoSuchKey");
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (range === null) return { status: 200, body: stored };
  const [, start = "", last = ""] = range;
  const body = stored.subarray(Number(start), last === "" ? undefined : Number(last) + 1);
  const end = Number(start) + body.byteLength - 1;
  return {
    status: 206,
    headers: { "content-range": `bytes ${start}-${end}/${stored.byteLength}` },
    body,
  };
}

const missing = (code: string): Answer => ({
  status: 404,
  body: `<Error><Code>${code}</Code></Error>`,
});
