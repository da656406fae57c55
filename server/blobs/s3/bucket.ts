import type { S3 } from "@aws-sdk/client-s3";
import { createByteBudget, type ByteBudget } from "../byte-budget.ts";

/** Bytes of large single requests that a process holds at one time. */
const HELD_MAX_BYTES = 128 * 1024 * 1024;
/** Bytes of parts on their way to the bucket. */
const PARTS_MAX_BYTES = 128 * 1024 * 1024;
/** Senders so slow that none of their parts becomes full for so long do not hold up others. */
const PARTS_PATIENCE_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_SOCKETS = 256;

export interface S3Settings {
  /** Address of the server; AWS's own for the region when left out. */
  endpoint?: string;
  region: string;
  bucket: string;
  /** Starts every key; empty or ending with a slash. */
  prefix: string;
  /** The SDK's own search (environment, shared files, instance role) when left out. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** The bucket in the path instead of the host's name. */
  forcePathStyle: boolean;
  /** How long a connection may be silent; half a minute unless told. */
  idleTimeoutMs?: number;
}

/** A bucket and how to talk to it. */
export interface Bucket {
  client: S3;
  name: string;
  prefix: string;
  /** Room for bodies that are held to be sent in one request. */
  held: ByteBudget;
  /** Room for parts, from the first of their bytes until the server has them. */
  parts: ByteBudget;
}

const quietLogger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Opens no connection yet; loads the SDK, which others than its users should not wait for. Requests of the SDK are tried
 * three times; those with a body are tried again by `sendChunks`, because the SDK cannot replay a stream.
 */
export async function createBucket(settings: S3Settings): Promise<Bucket> {
  const { endpoint, region, credentials, forcePathStyle } = settings;
  const { idleTimeoutMs = IDLE_TIMEOUT_MS } = settings;
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const { S3: Client } = await import("@aws-sdk/client-s3");
  const client = new Client({
    endpoint,
    region,
    credentials,
    forcePathStyle,
    maxAttempts: 3,
    // What failed is told by the errors; the SDK would warn on the console of every part that we send again.
    logger: quietLogger,
    // Else bodies go out with chunked trailers, which Swift refuses and older servers store as content.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Saves a round trip per part, and six seconds with servers that never answer it.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: 2 * idleTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  return {
    client,
    name: settings.bucket,
    prefix: settings.prefix,
    held: createByteBudget(HELD_MAX_BYTES),
    parts: createByteBudget(PARTS_MAX_BYTES, { patienceMs: PARTS_PATIENCE_MS }),
  };
}
