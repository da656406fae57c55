import { expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { forgetPeak, readPeakBytes } from "../testing/peak-memory.ts";
import { useWebProcess } from "../testing/use-web-process.ts";
import { beginPiece, beginUpload } from "./testing/tus-requests.ts";

const UPLOADS = 100;
const CHUNK = Buffer.alloc(256 * 1024, " ");
const CHUNKS_PER_UPLOAD = 31;
const UPLOAD_BYTES = CHUNKS_PER_UPLOAD * CHUNK.byteLength;
/** All of them together are nearly 800 MiB. */
const GROWTH_MAX_BYTES = 450 * 1024 * 1024;

const web = useWebProcess();

test("100 uploads at one time all arrive, in memory that does not grow with them", async () => {
  const sessionId = createSessionId();
  const paths: string[] = [];
  while (paths.length < UPLOADS) {
    const headers = { "upload-length": String(UPLOAD_BYTES) };
    paths.push(await beginUpload(web().answer, sessionId, headers));
  }
  const before = await forgetPeak(web().pid);
  const send = async (path: string) => {
    const piece = beginPiece(web().answer, path, { offset: 0, announced: UPLOAD_BYTES });
    for (let n = 0; n < CHUNKS_PER_UPLOAD; n += 1) await piece.send(CHUNK);
    return piece.status();
  };
  expect(new Set(await Promise.all(paths.map(send)))).toEqual(new Set([204]));
  const growth = (await readPeakBytes(web().pid)) - before;
  console.log(`grew by ${Math.round(growth / 1e6)} MB`);
  expect(growth).toBeLessThan(GROWTH_MAX_BYTES);
});
