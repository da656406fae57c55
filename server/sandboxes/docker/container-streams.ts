import type { Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import type { Container } from "dockerode";
import { readFrames } from "./read-frames.ts";

interface Attachment {
  stdin: Writable;
  /** Each has a connection of its own: one that nobody reads holds up the program, never the other. */
  stdout: AsyncGenerator<Uint8Array>;
  stderr: AsyncGenerator<Uint8Array>;
  /** What has not been read by now is lost. */
  close(): void;
}

/** Connects to a container that has not started yet, so that nothing of its output is missed. */
export async function attachStreams(container: Container): Promise<Attachment> {
  const attach = async (streams: { stdin?: boolean; stdout?: boolean; stderr?: boolean }) =>
    (await container.attach({ stream: true, hijack: true, ...streams })) as Socket;
  const main = quiet(await attach({ stdin: true, stdout: true }));
  const second = quiet(await attach({ stderr: true }));
  return {
    stdin: inputOf(main),
    stdout: readFrames(main),
    stderr: readFrames(second),
    close: () => [main, second].forEach((socket) => socket.destroy()),
  };
}

/** The writing half of the connection alone: to end or to lose it takes nothing from what is read. */
function inputOf(socket: Socket): Writable {
  const input = new Writable({
    decodeStrings: false,
    write: (chunk: string | Uint8Array, encoding, done) => void socket.write(chunk, encoding, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => void socket.end(() => done(error)),
  });
  socket.on("error", (error) => input.destroy(error));
  return quiet(input);
}

/** At the pace of its reader. */
export const outputOf = (pieces: AsyncGenerator<Uint8Array>): Readable =>
  quiet(Readable.from(pieces, { objectMode: false }));

/** A child that stops reading, or a daemon that is gone, is told by the child's exit. */
function quiet<Stream extends Readable | Writable>(stream: Stream): Stream {
  stream.on("error", () => {});
  return stream;
}
