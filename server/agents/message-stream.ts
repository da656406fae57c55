import type { Readable, Writable } from "node:stream";
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";
import type { SecretFilter } from "./secret-filter.ts";

export class MessageTooLargeError extends Error {
  override name = "MessageTooLargeError";
}

interface MessageStreamOptions {
  stdin: Writable;
  stdout: Readable;
  maxMessageBytes: number;
  /**
   * Sees every message in order, before the SDK does; true takes it out of the stream. Nothing more is read until it
   * has settled, so a slow consumer slows the agent down instead of filling memory.
   */
  intercept(message: AnyMessage): boolean | Promise<boolean>;
  /** Takes secrets out of every message, before anybody sees it. */
  secrets: SecretFilter;
  /** A line that is no JSON object: some agents print logs on standard output. */
  onGarbage(line: string): void;
}

/**
 * JSON-RPC messages, one a line, over a child's pipes. Holds at most one message of `maxMessageBytes`; a longer one
 * ends the stream with `MessageTooLargeError`.
 */
export function openMessageStream(options: MessageStreamOptions): Stream {
  const messages = readMessages(options);
  const readable = new ReadableStream<AnyMessage>({
    async pull(controller) {
      for (;;) {
        const { value, done } = await messages.next();
        if (done) return controller.close();
        if (!(await options.intercept(value))) return controller.enqueue(value);
      }
    },
    cancel: () => void options.stdout.destroy(),
  });
  const writable = new WritableStream<AnyMessage>({
    write: (message) => writeLine(options.stdin, JSON.stringify(message)),
  });
  return { readable, writable };
}

function writeLine(stdin: Writable, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdin.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

async function* readMessages(options: MessageStreamOptions) {
  const { stdout, maxMessageBytes, secrets, onGarbage } = options;
  for await (const line of readLines(stdout, maxMessageBytes)) {
    const message = parseMessage(line);
    if (message) yield* secrets.filter(message);
    else if (line.trim() !== "") onGarbage(line);
  }
  yield* secrets.end();
}

function parseMessage(line: string): AnyMessage | null {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as AnyMessage) : null;
  } catch {
    // Not JSON: the caller reports the line.
    return null;
  }
}

async function* readLines(source: Readable, maxBytes: number) {
  let pieces: Buffer[] = [];
  let byteLength = 0;
  const take = (piece: Buffer) => {
    byteLength += piece.length;
    if (byteLength > maxBytes)
      throw new MessageTooLargeError(`A message is larger than ${maxBytes} bytes`);
    pieces.push(piece);
  };

  for await (const chunk of source as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      yield Buffer.concat(pieces, byteLength).toString("utf8");
      pieces = [];
      byteLength = 0;
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (byteLength > 0) yield Buffer.concat(pieces, byteLength).toString("utf8");
}
