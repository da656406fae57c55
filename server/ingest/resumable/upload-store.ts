import { DataStore, Upload } from "@tus/server";
import type { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import { RESUMABLE_UPLOAD_IDLE_MS } from "#lib/limits.ts";
import type { Upload as KnownUpload } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { acceptPush } from "../accept-push.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { declareSize } from "./declare-size.ts";
import { findResumableUpload } from "./find-resumable-upload.ts";
import { readMetadata, writeMetadata } from "./read-metadata.ts";
import { finishReceiving, receiveBytes } from "./receive-bytes.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "queue" | "processId">;

/** What the tus server keeps uploads in, as one caller may see and change them, for one request. */
export class UploadStore extends DataStore {
  static readonly extensions = [
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "termination",
  ];
  readonly #services: Needs;
  readonly #viewer: Viewer;
  /** Durable bytes of the upload that was looked at, then; null before. */
  offset: number | null = null;
  /** The request begins an upload that an earlier one with its idempotency key has begun: its bytes came then. */
  #isRepeat = false;

  constructor(services: Needs, viewer: Viewer) {
    super();
    this.#services = services;
    this.#viewer = viewer;
    this.extensions = UploadStore.extensions;
  }

  /** Gives the upload our id. */
  override async create(upload: Upload): Promise<Upload> {
    const { sessionId, head } = readMetadata(upload.metadata);
    const acceptance = await acceptPush(this.#services, this.#viewer, {
      sessionId,
      head: { ...head, way: "resumable", announcedBytes: upload.size ?? null },
    });
    this.#isRepeat = acceptance.isRepeat;
    if (acceptance.isRepeat) requireResumable(acceptance.upload);
    upload.id = acceptance.upload.uploadId;
    if (!acceptance.isRepeat && upload.size === 0)
      await finishReceiving(this.#services, acceptance.upload);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const found = await this.#find(id);
    const { size, offset, expiresAtMs } = found;
    this.offset = offset;
    return new Upload({
      id,
      ...(size !== null && { size }),
      offset,
      metadata: writeMetadata(found),
      // The server counts from here to the end, which moves with every byte.
      ...(expiresAtMs !== null && {
        creation_date: new Date(expiresAtMs - RESUMABLE_UPLOAD_IDLE_MS).toISOString(),
      }),
    });
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const upload = await this.#find(id);
    if (!this.#isRepeat) return receiveBytes(this.#services, upload, { offset, source });
    source.resume();
    return upload.offset;
  }

  override async declareUploadLength(id: string, size: number): Promise<void> {
    await declareSize(this.#services, await this.#find(id), size);
  }

  override async remove(id: string): Promise<void> {
    await cancelUpload(this.#services, await this.#find(id));
  }

  override getExpiration(): number {
    return RESUMABLE_UPLOAD_IDLE_MS;
  }

  #find(id: string) {
    return findResumableUpload(this.#services.database, this.#viewer, id);
  }
}

function requireResumable({ way, uploadId }: KnownUpload): void {
  if (way === "resumable") return;
  throw new AppError(
    "conflict",
    "This idempotency key was used for an upload in one request: GET tells how it went",
    { details: { uploadId } },
  );
}
