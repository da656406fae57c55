import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Upload } from "@aws-sdk/lib-storage";
import { BLOB_PART_BYTES, BLOB_PARTS_IN_FLIGHT } from "#lib/limits.ts";
import { createSegmentKey } from "#server/blobs/segment-key.ts";
import { createBucket } from "#server/blobs/s3/bucket.ts";
import { createS3BlobStore } from "#server/blobs/s3/s3-blob-store.ts";
import type { Measure } from "../support/bench.ts";

const PAYLOAD_BYTES = 1024 ** 3;
/** What a socket brings at once. */
const CHUNK_BYTES = 64 * 1024;
const BLOB_ID = "00000000-0000-4000-8000-000000000000";

/**
 * The s3 driver and lib-storage send the same gibibyte of unknown length to a sink of its own process: in parts of the
 * same size, as many on their way, through the same client. Measured in MB per second of this process's CPU.
 */
export async function openMultipartContenders(): Promise<{
  contenders: Record<"ours" | "lib_storage", Measure>;
  close: () => void;
}> {
  const sink = fork(join(import.meta.dirname, "sink-server.ts"), [], {
    execArgv: process.execArgv,
  });
  const [{ port }] = (await once(sink, "message")) as [{ port: number }];
  const bucket = await createBucket({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    bucket: "bench",
    prefix: "",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    forcePathStyle: true,
  });
  const store = createS3BlobStore(bucket);

  const measure = (send: (payload: Readable) => Promise<unknown>) => async () => {
    const arrived = once(sink, "message") as Promise<[{ receivedBytes: number }]>;
    const before = process.cpuUsage();
    await send(Readable.from(createPayload(), { objectMode: false }));
    const { user, system } = process.cpuUsage(before);
    const [{ receivedBytes }] = await arrived;
    if (receivedBytes !== PAYLOAD_BYTES) throw new Error(`${receivedBytes} bytes arrived`);
    return PAYLOAD_BYTES / 1e6 / ((user + system) / 1e6);
  };

  return {
    contenders: {
      ours: measure((payload) => store.put(createSegmentKey(BLOB_ID, 0), payload)),
      lib_storage: measure((Body) => {
        const params = { Bucket: bucket.name, Key: "key", Body };
        const options = { partSize: BLOB_PART_BYTES, queueSize: BLOB_PARTS_IN_FLIGHT };
        return new Upload({ client: bucket.client, params, ...options }).done();
      }),
    },
    close: () => sink.kill(),
  };
}

/** The same random part over and over, in chunks that share its memory: making it costs next to nothing. */
async function* createPayload(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < PAYLOAD_BYTES; sent += CHUNK_BYTES) {
    const start = sent % random.byteLength;
    yield random.subarray(start, start + CHUNK_BYTES);
  }
}

const random = randomBytes(BLOB_PART_BYTES);
