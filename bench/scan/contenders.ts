import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Tokenizer, TokenParser, TokenType } from "@streamparser/json";
import streamArray from "stream-json/streamers/stream-array.js";
import { scanItems } from "#server/ingest/scanner/scan-items.ts";

const CHUNK_BYTES = 256 * 1024;
const ITEM_MAX_BYTES = 50_000_000;

const PIECE_BYTES = 64 * 1024;

/** The same memory for every chunk, which the scanner allows. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await file.read(chunk);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const openFile = (path: string) => createReadStream(path, { highWaterMark: CHUNK_BYTES });

interface Part {
  type?: unknown;
  data?: { id?: unknown; messageID?: unknown };
}

/** What everybody has to find of an item; the peers need not give its bytes. */
const hasIdentity = ({ type, data }: Part) =>
  typeof type === "string" && typeof data?.id === "string" && typeof data.messageID === "string";

/** Reads a file from beginning to end, and answers with the number of items that it found. */
export const contenders = {
  /** The ceiling: no work at all. */
  async drain(path: string): Promise<number> {
    for await (const chunk of openFile(path)) void chunk;
    return 0;
  },

  /** Bodies are copied, as they are for a database or a store. */
  async millrace(path: string): Promise<number> {
    let count = 0;
    const piece = Buffer.alloc(PIECE_BYTES);
    for await (const batch of scanItems(readFile(path))) {
      for (const element of batch) {
        if (element.kind === "skipped") continue;
        const { body } = element;
        if (body.length <= PIECE_BYTES) piece.set(body);
        else
          for (let start = 0; start < body.length; start += PIECE_BYTES)
            piece.set(body.subarray(start, start + PIECE_BYTES));
        count += 1;
      }
    }
    return count;
  },

  /**
   * A tokenizer over the whole, and a parser for each item that is dropped when its tokens pass the limit: the design
   * that streams items elsewhere.
   */
  async streamparser(path: string): Promise<number> {
    let count = 0;
    let depth = 0;
    let parser: TokenParser | null = null;
    let start = 0;
    const tokenizer = new Tokenizer();
    tokenizer.onToken = (token) => {
      const isOpen = token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET;
      const isClose =
        token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET;
      if (isOpen && depth === 1) {
        start = token.offset;
        parser = new TokenParser({ paths: ["$"] });
        parser.onValue = ({ value }) => {
          if (hasIdentity(value as Part)) count += 1;
        };
      }
      if (isOpen) depth += 1;
      if (isClose) depth -= 1;
      if (token.offset - start > ITEM_MAX_BYTES) parser = null;
      parser?.write(token);
      if (isClose && depth === 1) parser = null;
    };
    for await (const chunk of openFile(path)) tokenizer.write(chunk as Buffer);
    return count;
  },

  async streamJson(path: string): Promise<number> {
    let count = 0;
    const values = openFile(path).pipe(streamArray.withParserAsStream());
    for await (const { value } of values as AsyncIterable<{ value: Part }>)
      if (hasIdentity(value)) count += 1;
    return count;
  },
};

export type ContenderName = keyof typeof contenders;
