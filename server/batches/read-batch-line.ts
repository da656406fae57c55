import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { isAppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { LineFault } from "#lib/batch.ts";
import type { BadLine, BatchLine, LinePlace } from "./batch-line.ts";
import { createIndexFinder, isIndex } from "./index-finder.ts";
import type { WholeLine } from "./read-lines.ts";

const CARRIAGE_RETURN = 0x0d;

/** What the lines of a request must be. */
export interface LineRules {
  /** The index of the first line, where lines do not say theirs. */
  firstIndex: number;
  /** Every index is smaller. */
  indexEnd: number;
  /** Names the upload of a line that has one; throws `invalid_input` for a line that can be no session. */
  checkLine(line: Readonly<Record<string, unknown>>): { uploadId: string | null };
}

/** Reads a line that is there whole. Never throws: what is wrong with it is told. */
export function readBatchLine(line: WholeLine, rules: LineRules): BatchLine {
  const bytes = withoutReturn(line);
  const { number, offset } = line;
  const position = rules.firstIndex + line.position;
  const facts = { position, number, offset, bytes: bytes.byteLength, sha256: hashOf(bytes) };
  const bad = (fault: LineFault, reason: string, said = findIndex(bytes)): BadLine => ({
    ...facts,
    ...said,
    fault,
    reason,
  });

  if (!isUtf8(bytes)) return bad("not_utf8", `${nameOf(line)} is not UTF-8`);
  const body = bytes.toString("utf8");
  const value = parse(body);
  if (value === undefined) return bad("not_json", `${nameOf(line)} is not JSON`);
  if (!isRecord(value)) return bad("not_object", `${nameOf(line)} is not an object`);
  const stated = value["index"];
  const index = stated === undefined ? position : stated;
  const isIndexStated = stated !== undefined;
  if (!isIndex(index)) return bad("bad_index", BAD_INDEX, { index: null, isIndexStated });
  const said = { index, isIndexStated };
  if (index >= rules.indexEnd) return bad("index_out_of_range", outOfRange(rules), said);
  try {
    const { uploadId } = rules.checkLine(value);
    const content = { body: uploadId === null ? body : null, blobId: null, uploadId };
    return { ...facts, ...said, ...content, fault: null };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const field = error.details["field"];
    const place = typeof field === "string" && field !== "" ? `${field}: ` : "";
    return bad("invalid", toStorable(place + error.message), said);
  }
}

const REASON_MAX_CHARACTERS = 500;

/** A refusal may name what the line called its members, of any length and in any characters. */
const toStorable = (reason: string) =>
  reason.slice(0, REASON_MAX_CHARACTERS).replaceAll(/[\0\p{Surrogate}]/gu, "\uFFFD");

/** For reasons: what is told of a line under its index must not take its number for that. */
export const nameOf = ({ number }: Pick<LinePlace, "number">) => `Line ${number} of its request`;

export const BAD_INDEX = "The index is not a whole number from 0 on, or too large";

export const outOfRange = ({ indexEnd }: Pick<LineRules, "indexEnd">) =>
  `The index is not below ${indexEnd}`;

function withoutReturn({ chunk, start, end }: WholeLine): Buffer {
  const isMarked = chunk[end - 1] === CARRIAGE_RETURN;
  return chunk.subarray(start, isMarked ? end - 1 : end);
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a line that cannot be read otherwise. */
function findIndex(bytes: Uint8Array): Pick<BadLine, "index" | "isIndexStated"> {
  const finder = createIndexFinder();
  finder.read(bytes);
  const index = finder.find();
  return { index, isIndexStated: index !== null || finder.isUnreadable() };
}
