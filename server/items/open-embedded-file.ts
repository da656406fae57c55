import { StringDecoder } from "node:string_decoder";
import { AppError } from "#lib/errors.ts";
import { PICTURE_HEAD_BYTES } from "#lib/read-picture.ts";
import { JsonTextFinder } from "./json-text-finder.ts";

/** `data:image/png;base64,` with whatever parameters it has. */
const HEAD = /^data:[^,;"]{0,200}(?:;[^,;"]{1,100}){0,4};base64,/i;
const HEAD_MAX_LENGTH = 1_024;
/** Base64 characters that are turned into bytes at one time. */
const BLOCK_CHARACTERS = 65_536;

export interface EmbeddedFilePlace {
  /** Steps of the JSON pointer to the text that it stands in. */
  path: readonly string[];
  /** Where its `data:` begins in that text. UTF-16 units. */
  from: number;
}

export interface EmbeddedFile {
  /** Its first bytes, at most some more than `PICTURE_HEAD_BYTES`. */
  head: Buffer;
  /** All of it, in the order of its bytes. Read it to its end or return it. */
  bytes: AsyncGenerator<Buffer>;
}

/**
 * A file that stands as a `data:` URL with base64 in a text of an item: all of the text, or in the middle of Markdown.
 * Reads the item's JSON as it comes and holds the head of the file. Throws `not_found` when there is none at this place.
 */
export async function openEmbeddedFile(
  json: AsyncIterable<Uint8Array>,
  place: EmbeddedFilePlace,
): Promise<EmbeddedFile> {
  const blocks = decodeBlocks(skipHead(readText(json, place.path), place.from), place.from > 0);
  const pieces: Buffer[] = [];
  for (let size = 0; size < PICTURE_HEAD_BYTES;) {
    // oxlint-disable-next-line no-await-in-loop -- the pieces of one stream
    const { value, done } = await blocks.next();
    if (done) break;
    pieces.push(value);
    size += value.byteLength;
  }
  if (pieces.length === 0) throw noFile();
  return { head: Buffer.concat(pieces), bytes: both(pieces, blocks) };
}

const noFile = () => new AppError("not_found", "There is no file at this place of the item");

async function* both(pieces: readonly Buffer[], rest: AsyncGenerator<Buffer>) {
  try {
    yield* pieces;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The text that the path leads to, in pieces; nothing where it leads to none. */
async function* readText(json: AsyncIterable<Uint8Array>, path: readonly string[]) {
  const decoder = new StringDecoder("utf8");
  const finder = new JsonTextFinder(path);
  for await (const chunk of json) {
    const found = finder.push(decoder.write(Buffer.from(chunk)));
    if (found !== "") yield found;
    if (finder.isDone) return;
  }
}

/** What follows the `data:…;base64,` that begins at a place of a text. */
async function* skipHead(text: AsyncGenerator<string>, from: number) {
  let toSkip = from;
  let head: string | null = "";
  for await (const piece of text) {
    if (head === null) {
      yield piece;
      continue;
    }
    head += piece.slice(toSkip);
    toSkip = Math.max(0, toSkip - piece.length);
    const match = HEAD.exec(head);
    if (match) {
      yield head.slice(match[0].length);
      head = null;
    } else if (head.length > HEAD_MAX_LENGTH) throw noFile();
  }
}

/** Bytes up to the first character that is not base64. Lines may be broken where nothing else stands in the text. */
async function* decodeBlocks(text: AsyncGenerator<string>, isInText: boolean) {
  let open = "";
  for await (const piece of text) {
    const letters = isInText ? piece : piece.replaceAll(/[\r\n]/g, "");
    const end = letters.search(/[^A-Za-z0-9+/]/);
    open += end === -1 ? letters : letters.slice(0, end);
    const whole = open.length - (open.length % 4);
    if (end === -1 && whole < BLOCK_CHARACTERS) continue;
    const block = Buffer.from(end === -1 ? open.slice(0, whole) : open, "base64");
    open = end === -1 ? open.slice(whole) : "";
    if (block.byteLength > 0) yield block;
    if (end !== -1) return;
  }
  const last = Buffer.from(open, "base64");
  if (last.byteLength > 0) yield last;
}
