import { request } from "node:http";
import type { ReceivedLines } from "../tally.ts";

const CHUNK_BYTES = 16 * 1024;

interface Sending {
  url: string;
  cookie: string;
  batchId: string;
  body: Buffer;
  /** The connection breaks when so many bytes of the body are on their way; null: never. */
  cutAt: number | null;
}

/** Sends lines to a batch. Null when the connection broke, or the server was not there; throws for a refusal. */
export async function sendCut(sending: Sending): Promise<ReceivedLines | null> {
  const answer = await exchange(sending);
  if (answer === null) return null;
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as ReceivedLines;
}

function exchange({ url, cookie, batchId, body, cutAt }: Sending) {
  return new Promise<{ status: number; text: string } | null>((resolve) => {
    const sent = request(`${url}/api/v1/batches/${batchId}/items`, {
      method: "POST",
      headers: { cookie, "content-type": "application/x-ndjson" },
      agent: false,
    });
    sent.on("error", () => resolve(null));
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text += piece));
      response.on("error", () => resolve(null));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    writeSlowly(sent, body.subarray(0, cutAt ?? body.byteLength), () => {
      if (cutAt === null) sent.end();
      else sent.destroy();
    });
  });
}

function writeSlowly(sent: ReturnType<typeof request>, bytes: Buffer, done: () => void): void {
  const write = (start: number) => {
    if (sent.destroyed) return;
    if (start >= bytes.byteLength) return done();
    const end = start + CHUNK_BYTES;
    sent.write(bytes.subarray(start, end), () => write(end));
  };
  write(0);
}
