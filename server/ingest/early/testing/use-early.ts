import type { UploadEncoding } from "#lib/upload.ts";
import { sendPiece, beginUpload, encodeMetadata } from "../../resumable/testing/tus-requests.ts";
import type { useIngest } from "../../testing/use-ingest.ts";
import type { GrowingUpload } from "../growing-uploads.ts";
import { type EarlyPass, type EarlyPassOptions, runEarlyPass } from "../run-early-pass.ts";
import type { Patience } from "../watch-arrivals.ts";

/** For tests, which wait for what should come and not for time. */
export const quick: Patience = { pollMs: 5, stalledMs: 60_000, idleMs: 60_000 };

interface Begun {
  sessionId: string;
  /** Of the whole upload. */
  length: number;
  encoding?: UploadEncoding;
  idempotencyKey?: string;
}

/** An upload that arrives in pieces, as a client sends it and as an early pass sees it. */
export class ArrivingUpload {
  readonly uploadId: string;
  readonly sessionId: string;
  readonly path: string;
  readonly #ingest: ReturnType<typeof useIngest>;
  #offset = 0;

  private constructor(ingest: ReturnType<typeof useIngest>, sessionId: string, path: string) {
    this.#ingest = ingest;
    this.sessionId = sessionId;
    this.path = path;
    this.uploadId = path.split("/").at(-1) ?? "";
  }

  static async begin(
    ingest: ReturnType<typeof useIngest>,
    { sessionId, length, encoding = "identity", idempotencyKey }: Begun,
  ): Promise<ArrivingUpload> {
    const path = await beginUpload(ingest.web(), sessionId, {
      "upload-length": String(length),
      "upload-metadata": encodeMetadata({
        sessionId,
        encoding,
        ...(idempotencyKey && { idempotencyKey }),
      }),
    });
    return new ArrivingUpload(ingest, sessionId, path);
  }

  /** The next bytes, durable when it resolves. */
  async send(body: Uint8Array): Promise<number> {
    const sent = await sendPiece(this.#ingest.web(), this.path, {
      offset: this.#offset,
      body: Buffer.from(body),
    });
    this.#offset += body.byteLength;
    return sent.status;
  }

  async growing(): Promise<GrowingUpload> {
    const [upload] = await this.#ingest.services().database.sql<GrowingUpload[]>`
      select id as "uploadId", session_id as "sessionId", generation, received::float8 as received,
        blob_id as "blobId", encoding
      from uploads where id = ${this.uploadId}`;
    return upload!;
  }

  /** Reads it as it grows. */
  async readEarly(options: Partial<EarlyPassOptions> = {}): Promise<EarlyPass> {
    const { signal } = new AbortController();
    return runEarlyPass(this.#ingest.services(), await this.growing(), {
      patience: quick,
      signal,
      isWanted: () => false,
      ...options,
    });
  }

  /** What is in the tables, with versions. */
  async rows() {
    return this.#ingest.services().database.sql<
      { id: string; seq: number; received: number; index: number; body: string | null }[]
    >`
      select concat_ws(' ', type, message_id, part_id) as id, seq::float8 as seq, body,
        version_received::float8 as received, version_index as index
      from items where session_id = ${this.sessionId} order by seq`;
  }
}
