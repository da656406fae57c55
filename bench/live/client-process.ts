import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { TOPIC } from "#server/live/testing/memory-session.ts";
import { quantile } from "../support/bench.ts";
import type { ContenderName } from "./contender.ts";
import { MOMENT_MARK, sharedNowMs } from "./event.ts";

/** What the bench asks of this process; each is answered with a number. */
export type ClientRequest =
  | { do: "connect"; port: number; contender: ContenderName; count: number }
  /** Answers when so many more events have come to all sockets together; some may be there already. */
  | { do: "expect"; eventCount: number }
  /** From now on the age of each event is kept. */
  | { do: "time" }
  /** The 99th percentile, in milliseconds, of how old the expected events were when they came. */
  | { do: "latency" };

/**
 * Many watchers in one process, as cheap as can be: bare sockets whose bytes are searched for a mark that every
 * event holds once, so that the servers and not their watchers are measured.
 */
let missingCount = 0;
let isTimed = false;
let onComplete = () => {};
const agesMs: number[] = [];

process.on("message", (request: ClientRequest) => {
  void answer(request).then((value) => process.send?.(value));
});

async function answer(request: ClientRequest): Promise<number> {
  switch (request.do) {
    case "connect":
      for (let count = 0; count < request.count; count += 1) await openWatcher(request);
      return request.count;
    case "expect":
      missingCount += request.eventCount;
      if (missingCount > 0) await new Promise<void>((resolve) => (onComplete = resolve));
      return request.eventCount;
    case "time":
      isTimed = true;
      return 0;
    case "latency":
      return quantile(agesMs, 0.99);
  }
}

async function openWatcher({ port, contender }: { port: number; contender: ContenderName }) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(socket, "data");
  const first = firstFrame(contender);
  if (first !== null) {
    socket.write(toMaskedFrame(JSON.stringify(first)));
    await once(socket, "data");
  }
  countEvents(socket);
}

function firstFrame(contender: ContenderName): object | null {
  if (contender.startsWith("ours")) return { type: "subscribe", topic: TOPIC };
  if (contender !== "trpc-ws") return null;
  return { id: 1, method: "subscription", params: { path: "events" } };
}

/** A text frame of at most 125 bytes under a mask of zeros. */
function toMaskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const MARK_BYTES = Buffer.from(MOMENT_MARK);
/** A mark and its moment may be cut by the end of a piece. */
const KEPT_BYTES = 40;

function countEvents(socket: Socket) {
  let rest = Buffer.alloc(0);
  socket.on("data", (piece) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    const nowMs = sharedNowMs();
    let end = 0;
    for (let at = bytes.indexOf(MARK_BYTES); at !== -1; at = bytes.indexOf(MARK_BYTES, end)) {
      const start = at + MARK_BYTES.length;
      const close = bytes.indexOf(0x22, start);
      if (close === -1) break;
      end = close;
      if (isTimed) agesMs.push(nowMs - Number(bytes.toString("latin1", start, close)));
      missingCount -= 1;
      if (missingCount === 0) onComplete();
    }
    rest = Buffer.from(bytes.subarray(Math.max(end, bytes.length - KEPT_BYTES)));
  });
}
