import { expect, test } from "vitest";
import { CopyReader } from "./copy-rows.ts";

const header = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);

function rowOf(...fields: (string | null)[]): Buffer {
  const pieces = [int16(fields.length)];
  for (const field of fields)
    pieces.push(
      ...(field === null ? [int32(-1)] : [int32(Buffer.byteLength(field)), Buffer.from(field)]),
    );
  return Buffer.concat(pieces);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

test.each([1, 2, 3, 7, 64, 100_000])("rows are found in pieces of %i bytes", (pieceBytes) => {
  const rows = [
    ["a", null, ""],
    ["é", "x".repeat(300), null],
    [null, "", "y"],
  ];
  const bytes = Buffer.concat([header, ...rows.map((row) => rowOf(...row)), int16(-1)]);
  const reader = new CopyReader((piece, bounds) =>
    [0, 1, 2].map((n) =>
      bounds[2 * n + 1] === -1 ? null : piece.toString("utf8", bounds[2 * n], bounds[2 * n + 1]),
    ),
  );
  const found: (string | null)[][] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    reader.read(bytes.subarray(at, at + pieceBytes), found);
  expect(found).toEqual(rows);
});
