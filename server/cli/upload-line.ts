import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { findBroughtName, findExportedTitle, SESSION_HEAD_BYTES } from "#lib/brought-session.ts";
import { isRecord } from "#lib/is-record.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import { CommandError } from "./exit-codes.ts";
import type { FileLine } from "./list-lines.ts";
import { unpackHead } from "./read-head.ts";
import type { NewSession, ServerClient } from "./server-client.ts";

interface LineOfFile {
  path: string;
  batchId: string;
  defaults: Readonly<Record<string, unknown>>;
  /** Why the server refuses a line. */
  onRefused(reason: string): void;
}

/** The line itself was refused: no session is in it. */
const refusedStatuses = new Set<number | null>([400, 413, 415]);

/**
 * Sends a long line as an upload of its own, and answers the upload's id: the same one however often the line is sent.
 * It goes to the session that the batch would have chosen for it. Null for a line that the server refuses: as a line of
 * its batch it fails alone, and is named. Throws `CommandError`.
 */
export async function uploadLine(
  client: ServerClient,
  line: FileLine,
  file: LineOfFile,
): Promise<string | null> {
  try {
    return await upload(client, line, file);
  } catch (error) {
    if (!(error instanceof CommandError && refusedStatuses.has(error.status))) throw error;
    file.onRefused(error.message);
    return null;
  }
}

async function upload(
  client: ServerClient,
  { start, end, index, longSha256, whole }: FileLine,
  { path: linesPath, batchId, defaults }: LineOfFile,
): Promise<string> {
  const path = whole?.path ?? linesPath;
  const bytes = await readStart(path, { start, end });
  const head = whole?.encoding === "gzip" ? (await unpackHead(bytes)).head : bytes;
  const name = nameSession(head, { defaults, ownName: `${batchId}/${index}` });
  const suggested = whole ? (findExportedTitle(head) ?? basename(path)) : null;
  const { sessionId } = await client.createSession({
    ...(suggested !== null && { suggestedTitle: suggested.slice(0, TITLE_MAX_CHARACTERS) }),
    ...name,
  });
  const pushed = await client.push(sessionId, {
    body: () => Readable.toWeb(createReadStream(path, { start, end: end - 1 })) as BodyInit,
    headers: {
      "content-type": "application/octet-stream",
      "idempotency-key": `${batchId}/${index}/${longSha256}`,
      ...(whole && { "content-encoding": whole.encoding }),
    },
    isOnce: false,
  });
  return pushed.upload.uploadId;
}

/** What the line says, else what its document says of itself, else the line's own name. */
function nameSession(
  head: Uint8Array,
  { defaults, ownName }: { defaults: Readonly<Record<string, unknown>>; ownName: string },
): NewSession {
  const { session } = parseCutJson(new TextDecoder().decode(head)) ?? {};
  const brought: NewSession = { ...membersOf(defaults["session"]), ...membersOf(session) };
  if (brought.sessionId !== undefined || brought.externalId !== undefined) return brought;
  const name = findBroughtName(head) ?? { source: "batch", externalId: ownName };
  return { ...name, ...brought, source: name.source };
}

const membersOf = (value: unknown) => (isRecord(value) ? value : {});

async function readStart(
  path: string,
  { start, end }: { start: number; end: number },
): Promise<Buffer> {
  const file = await open(path);
  try {
    const length = Math.min(SESSION_HEAD_BYTES, end - start);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
