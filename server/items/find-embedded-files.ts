import { randomBytes } from "node:crypto";
import { REFERENCE_THRESHOLD_BYTES } from "#lib/limits.ts";
import { isRecord } from "#lib/is-record.ts";

/** A file in an item's body: a text that is nothing but a `data:` URL with base64. Offsets are bytes of the body. */
export interface FoundFile {
  /** JSON Pointer (RFC 6901) to the text. */
  pointer: string;
  mime: string;
  /** What the object around it calls the file; null where it does not. */
  name: string | null;
  /** Of the base64. */
  start: number;
  end: number;
  /** Of the `data:…;base64,` before it. */
  headBytes: number;
  /** Of the file. */
  bytes: number;
}

const FILES_MAX = 100;
/** What is left of a body without its files is held as text, and parsed, to know where they stand. */
const REST_MAX_BYTES = 8 * 1024 * 1024;
const HEAD = /^"(data:([^,;"\\]{0,200})(?:;[^,;"\\]{1,100}){0,4};base64,)/i;
const HEAD_MAX_BYTES = 1_024;
/** Part of a key in the database, which takes 2,704 bytes with the ids of the item. */
const POINTER_MAX_BYTES = 1_024;
/** What no column of text holds as it is. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
/** Whole groups of four. */
const CHECKED_CHARACTERS = 1024 * 1024;
const OPENING = Buffer.from('"data:');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const PADDING = 0x3d;

/**
 * The files of a body that can be taken out and put back byte for byte, in the order in which they stand; files of fewer
 * bytes than the threshold stay where they are, and those whose place or name no row can have. Nothing for a body that
 * is no JSON.
 */
export function findEmbeddedFiles(
  body: Buffer,
  thresholdBytes = REFERENCE_THRESHOLD_BYTES,
): FoundFile[] {
  const spans = findSpans(body, thresholdBytes);
  if (spans.length === 0) return [];
  const places = findPlaces(body, spans);
  return spans.flatMap((span, n) => {
    const place = places.get(n);
    return place === undefined ? [] : [{ ...span, ...place }];
  });
}

type Span = Omit<FoundFile, "pointer" | "name">;

function findSpans(body: Buffer, thresholdBytes: number): Span[] {
  const spans: Span[] = [];
  for (let at = body.indexOf(OPENING); at !== -1 && spans.length < FILES_MAX;) {
    const span = body[at - 1] === BACKSLASH ? null : readSpan(body, at, thresholdBytes);
    if (span) spans.push(span);
    at = body.indexOf(OPENING, span ? span.end : at + OPENING.byteLength);
  }
  return spans;
}

function readSpan(body: Buffer, at: number, thresholdBytes: number): Span | null {
  const [, head = "", mime = ""] =
    HEAD.exec(body.toString("latin1", at, at + HEAD_MAX_BYTES)) ?? [];
  if (head === "") return null;
  const start = at + 1 + head.length;
  const end = body.indexOf(QUOTE, start);
  if (end === -1) return null;
  const padding = body[end - 1] === PADDING ? 1 + Number(body[end - 2] === PADDING) : 0;
  const bytes = ((end - start) / 4) * 3 - padding;
  if ((end - start) % 4 !== 0 || bytes < thresholdBytes || bytes <= 0) return null;
  if (!isPlainBase64(body, start, end)) return null;
  return { mime: mime === "" ? "text/plain" : mime, start, end, headBytes: head.length, bytes };
}

/** Whether its bytes, written as base64, are these characters again. */
function isPlainBase64(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += CHECKED_CHARACTERS) {
    const text = body.toString("latin1", at, Math.min(end, at + CHECKED_CHARACTERS));
    if (Buffer.from(text, "base64").toString("base64") !== text) return false;
  }
  return true;
}

interface Place {
  pointer: string;
  name: string | null;
}

/** Where the files stand, by their number: not those that a later member of the same name hides, and no names. */
function findPlaces(body: Buffer, spans: readonly Span[]): Map<number, Place> {
  const places = new Map<number, Place>();
  const mark = randomBytes(12).toString("base64url");
  const pieces: string[] = [];
  let from = 0;
  let restBytes = body.byteLength;
  for (const { start, end } of spans) restBytes -= end - start;
  if (restBytes > REST_MAX_BYTES) return places;
  for (const [n, { start, end }] of spans.entries()) {
    pieces.push(body.toString("utf8", from, start), mark, String(n));
    from = end;
  }
  pieces.push(body.toString("utf8", from));
  const marked = parse(pieces.join(""));
  for (const { pointer, text, parent } of textsOf(marked)) {
    const at = text.lastIndexOf(mark);
    if (at === -1) continue;
    const { filename, name } = isRecord(parent) ? parent : {};
    const given = [filename, name].find((one) => typeof one === "string");
    const place = { pointer, name: given ?? null };
    if (isStorable(place)) places.set(Number(text.slice(at + mark.length)), place);
  }
  return places;
}

function isStorable({ pointer, name }: Place): boolean {
  // In this order: one of a million steps is not even put together.
  if (pointer.length > POINTER_MAX_BYTES || Buffer.byteLength(pointer) > POINTER_MAX_BYTES)
    return false;
  return !UNSTORABLE.test(pointer) && (name === null || !UNSTORABLE.test(name));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

interface FoundText {
  pointer: string;
  text: string;
  parent: unknown;
}

/** All texts in a value. Not by recursion: a value may be nested deeper than the stack. */
function* textsOf(root: unknown): Generator<FoundText> {
  const open: { value: unknown; pointer: string; parent: unknown }[] = [
    { value: root, pointer: "", parent: null },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, pointer, parent } = next;
    if (typeof value === "string") yield { pointer, text: value, parent };
    if (typeof value !== "object" || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      const step = key.replaceAll("~", "~0").replaceAll("/", "~1");
      open.push({ value: member, pointer: `${pointer}/${step}`, parent: value });
    }
  }
}
