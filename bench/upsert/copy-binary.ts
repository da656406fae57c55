import type { ItemRow } from "./contenders.ts";

/** In the order in which `copyRow` writes them; the others have defaults. */
export const COPY_COLUMNS = [
  "session_id",
  "generation",
  "type",
  "message_id",
  "part_id",
  "first_seq",
  "seq",
  "version_received",
  "version_index",
  "body",
  "byte_size",
  "body_sha256",
];

/** Signature, flags, length of the header's extension: PostgreSQL's manual, COPY, "Binary Format". */
export const COPY_HEADER = Buffer.concat([
  Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"),
  Buffer.alloc(8),
]);
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

export function copyRow(row: ItemRow): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(COPY_COLUMNS.length);
  return Buffer.concat([
    count,
    ...text(row.sessionId),
    ...integer(row.generation),
    ...text(row.type),
    ...text(row.messageId),
    ...text(row.partId),
    ...bigint(row.firstSeq),
    ...bigint(row.seq),
    ...bigint(row.versionReceived),
    ...integer(row.versionIndex),
    ...text(row.body),
    ...bigint(row.byteSize),
    ...text(row.bodySha256),
  ]);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes);
  return length;
}

function text(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  return [lengthOf(bytes.byteLength), bytes];
}

function integer(value: number): Buffer[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return [lengthOf(4), bytes];
}

function bigint(value: number): Buffer[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return [lengthOf(8), bytes];
}
