import { request } from "node:http";
import { Upload as TusUpload, type UploadOptions } from "tus-js-client";

/** Where a server is, and as whom to ask it. */
export interface TusTarget {
  url: string;
  cookie: string;
}

export interface TusAnswer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line no-explicit-any -- whatever the server said is what the tests look at
  body: any;
}

export const encodeMetadata = (metadata: Record<string, string>): string =>
  Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString("base64")}`)
    .join(",");

interface TusRequest {
  headers?: Record<string, string>;
  body?: BodyInit | null;
}

/** One request as a client of tus 1.0 makes it; `line` is method and path. */
export async function askTus(
  { url, cookie }: TusTarget,
  line: string,
  { headers, body = null }: TusRequest = {},
): Promise<TusAnswer> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { cookie, "tus-resumable": "1.0.0", ...headers },
    body,
    duplex: "half",
  } as RequestInit);
  const text = await response.text();
  const isJson = method !== "HEAD" && response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

/** Begins an upload; its path. */
export async function beginUpload(
  target: TusTarget,
  sessionId: string,
  headers: Record<string, string>,
): Promise<string> {
  const { status, headers: answered } = await askTus(target, "POST /api/v1/uploads", {
    headers: { "upload-metadata": encodeMetadata({ sessionId }), ...headers },
  });
  if (status !== 201) throw new Error(`The upload was not begun: ${status}`);
  return answered.get("location") ?? "";
}

/** Sends a piece. */
export const sendPiece = (
  target: TusTarget,
  path: string,
  { offset, body, headers }: { offset: number; body: BodyInit; headers?: Record<string, string> },
): Promise<TusAnswer> =>
  askTus(target, `PATCH ${path}`, {
    body,
    headers: {
      "content-type": "application/offset+octet-stream",
      "upload-offset": String(offset),
      ...headers,
    },
  });

/** A request in the middle of its body. */
export interface PieceUnderWay {
  /** Resolves when the system has taken the bytes. */
  send(bytes: Uint8Array): Promise<void>;
  /** Ends the connection; what was sent arrives. */
  cut(): void;
  /** Of the answer. */
  status(): Promise<number>;
}

/** Announces a piece and sends nothing of it yet. */
export function beginPiece(
  { url, cookie }: TusTarget,
  path: string,
  { offset, announced }: { offset: number; announced: number },
): PieceUnderWay {
  const sent = request(`${url}${path}`, {
    method: "PATCH",
    agent: false,
    headers: {
      cookie,
      "tus-resumable": "1.0.0",
      "content-type": "application/offset+octet-stream",
      "content-length": announced,
      "upload-offset": offset,
    },
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.once("response", (response) => resolve(response.resume().statusCode ?? 0));
    sent.once("error", reject);
  });
  // Who cuts a piece does not ask how it was answered.
  status.catch(() => {});
  sent.flushHeaders();
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        sent.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    cut: () => void sent.socket?.end(),
    status: () => status,
  };
}

/** Uploads everything with the client that browsers use; resolves with the upload's path. */
export function uploadWithClient(
  { url, cookie }: TusTarget,
  content: Buffer,
  options: UploadOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new TusUpload(content, {
      endpoint: `${url}/api/v1/uploads`,
      headers: { cookie },
      retryDelays: [0, 50, 100, 500, 1_000, 1_000],
      onError: reject,
      onSuccess: () => resolve(new URL(upload.url ?? "").pathname),
      ...options,
    });
    upload.start();
  });
}
