import { AppError } from "#lib/errors.ts";
import { createUploadId, isBatchId } from "#lib/ids.ts";
import type { Upload, UploadEncoding, UploadWay } from "#lib/upload.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { isUniqueViolation } from "#server/database/is-unique-violation.ts";
import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { announceUpload, type HeldUpload } from "./change-upload.ts";
import { uploadColumns, type UploadRow } from "./upload-row.ts";

type Needs = Pick<Services, "database" | "bus" | "processId">;

/** What is known of an upload before its first byte. */
export interface UploadHead {
  way: UploadWay;
  name: string | null;
  encoding: UploadEncoding;
  announcedBytes: number | null;
  idempotencyKey: string | null;
}

/** An upload whose bytes may come now. */
export interface AcceptedUpload extends HeldUpload {
  /** The first half of its items' version. */
  received: number;
}

export type Acceptance =
  | { isRepeat: false; upload: AcceptedUpload }
  /** The same request came before, and its bytes are here: nothing is read again. */
  | { isRepeat: true; upload: Upload };

interface Target {
  sessionId: string;
  generation: number;
  /** It was made for this upload. */
  isNew: boolean;
}

/** Runs in the transaction that accepts the upload, and locks the session's row, which may be new. */
type OpenTarget = (tx: TransactionSql) => Promise<Target>;

/**
 * Gives an upload its place among all writes of its session, before its first byte; the session is found or made in the
 * same transaction: where one is refused, or the process dies, neither is left. A request with the idempotency key of an
 * earlier one finds that; where its bytes had not all come, they may come again, in the old place. Throws `conflict` when
 * the key was used for another request or the first one still goes on, `gone` for a deleted session.
 */
export async function acceptUpload(
  services: Needs,
  viewer: Viewer,
  { openTarget, head }: { openTarget: OpenTarget; head: UploadHead },
): Promise<Acceptance> {
  const accept = () =>
    transact(services, async (tx) => {
      const target = await openTarget(tx);
      const known = await findByKey(tx, viewer, head.idempotencyKey);
      const acceptance = known
        ? await acceptAgain(tx, services, { known, target, head })
        : await insertUpload(tx, services, { viewer, target, head });
      if (!acceptance.isRepeat) await announceUpload(tx, acceptance.upload);
      return acceptance;
    });
  try {
    return await accept();
  } catch (error) {
    // Two requests with one key at one time: the second one finds the first now.
    if (isUniqueViolation(error, "uploads_idempotency_key")) return accept();
    throw error;
  }
}

interface KnownUpload {
  upload: UploadRow;
  received: number;
  generation: number;
}

async function findByKey(
  tx: TransactionSql,
  { userId }: Viewer,
  key: string | null,
): Promise<KnownUpload | null> {
  if (key === null) return null;
  const [row] = await tx<(UploadRow & { number: number; generation: number })[]>`
    select ${uploadColumns(tx)}, received::float8 as number, generation
    from uploads where owner_id = ${userId} and idempotency_key = ${key}`;
  if (!row) return null;
  const { number, generation, ...upload } = row;
  return { upload, received: number, generation };
}

async function acceptAgain(
  tx: TransactionSql,
  { processId }: Needs,
  { known, target, head }: { known: KnownUpload; target: Target; head: UploadHead },
): Promise<Acceptance> {
  const { upload, received, generation } = known;
  const { uploadId, sessionId } = upload;
  const isSame =
    sessionId === target.sessionId &&
    upload.encoding === head.encoding &&
    upload.announcedBytes === head.announcedBytes;
  if (!isSame) throw new AppError("conflict", "This idempotency key was used for another upload");
  const isResumable = upload.way === "resumable" && head.way === "resumable";
  if (isResumable && upload.state === "receiving") return { isRepeat: true, upload };
  if (upload.state === "receiving") {
    throw new AppError("conflict", "The first request with this idempotency key still goes on", {
      details: { uploadId },
    });
  }
  if (upload.state !== "failed" || upload.receivedAt !== null) return { isRepeat: true, upload };
  const [begun] = await tx<{ receipt: number }[]>`
    update uploads set
      state = 'receiving', way = ${head.way}, process_id = ${receiverOf(head, processId)},
      receipt = receipt + 1, begun_at = now(), blob_id = null, bytes = 0, sha256 = null, kept_until = null,
      error_code = null, error_message = null, error_offset = null, ended_at = null
    where id = ${uploadId}
    returning receipt`;
  const hold = { state: "receiving" as const, receipt: begun?.receipt ?? null };
  return { isRepeat: false, upload: { uploadId, sessionId, generation, received, hold } };
}

/** What comes in pieces belongs to no process: any may receive the next one. */
const receiverOf = ({ way }: UploadHead, processId: string) =>
  way === "resumable" ? null : processId;

async function insertUpload(
  tx: TransactionSql,
  { processId }: Needs,
  { viewer, target, head }: { viewer: Viewer; target: Target; head: UploadHead },
): Promise<Acceptance> {
  const { sessionId, generation, isNew } = target;
  const [session] = await tx<{ counter: number }[]>`
    update sessions set counter = counter + 1
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    returning counter::float8 as counter`;
  if (!session) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
  const uploadId = createUploadId();
  // Whoever else has come upon the session, or had one of its id before, has counted it on.
  const isFirst = session.counter === 1;
  const isMade = isFirst && (isNew || (await isMadeForLine(tx, { viewer, sessionId, head })));
  await tx`
    insert into uploads (
      id, session_id, generation, owner_id, received, state, way, name, encoding, announced_bytes,
      idempotency_key, process_id, made_session
    ) values (
      ${uploadId}, ${sessionId}, ${generation}, ${viewer.userId}, ${session.counter}, 'receiving',
      ${head.way}, ${head.name}, ${head.encoding}, ${head.announcedBytes}, ${head.idempotencyKey},
      ${receiverOf(head, processId)}, ${isMade}
    )`;
  return {
    isRepeat: false,
    upload: {
      uploadId,
      sessionId,
      generation,
      received: session.counter,
      hold: { state: "receiving", receipt: 1 },
    },
  };
}

/** What sends a long line by itself makes its session in a request before: with the batch, and for nothing else yet. */
async function isMadeForLine(
  tx: TransactionSql,
  { viewer, sessionId, head }: { viewer: Viewer; sessionId: string; head: UploadHead },
): Promise<boolean> {
  const batchId = head.idempotencyKey?.split("/")[0] ?? "";
  if (!isBatchId(batchId)) return false;
  const made = await tx`
    select 1 from sessions s join batches b on b.id = ${batchId} and b.owner_id = ${viewer.userId}
    where s.id = ${sessionId} and s.owner_id = b.owner_id and s.created_at >= b.created_at
      and not exists (select from items where session_id = s.id)
      and not exists (select from prompts where session_id = s.id)
      and not exists (select from outputs where session_id = s.id)
      and not exists (select from uploads where session_id = s.id)`;
  return made.length > 0;
}
