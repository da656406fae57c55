import { fork } from "node:child_process";
import { createHash, type Hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Upload } from "@aws-sdk/lib-storage";
import { createExecutionId, createSessionId } from "#lib/ids.ts";
import { BLOB_PART_BYTES, BLOB_PARTS_IN_FLIGHT } from "#lib/limits.ts";
import type { BlobStore } from "#server/blobs/blob-store.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { createBucket } from "#server/blobs/s3/bucket.ts";
import { createS3BlobStore } from "#server/blobs/s3/s3-blob-store.ts";
import { log } from "#server/log.ts";
import type { OutputServices } from "#server/outputs/begin-output.ts";
import { openOutput } from "#server/outputs/open-output.ts";
import { pipeOutput } from "#server/outputs/pipe-output.ts";
import { createStreamChannel } from "#server/outputs/stream-channel.ts";
import { type BenchDatabase, openBenchDatabase } from "../support/bench-database.ts";
import type { Measure } from "../support/bench.ts";

const PAYLOAD_BYTES = 512 * 1024 ** 2;
/** What a tool's file brings at once. */
const CHUNK_BYTES = 1024 * 1024;
const random = randomBytes(CHUNK_BYTES);

function* createPayload(): Generator<Uint8Array> {
  for (let sent = 0; sent < PAYLOAD_BYTES; sent += CHUNK_BYTES) yield random;
}

/** Ports into both drivers and raw writes beside them. */
export async function openOutputContenders() {
  const bench = await openBenchDatabase();
  const sessionId = await createSession(bench);
  const rawPath = join(bench.dataDir, "raw");
  const files = createFsBlobStore({ rootPath: join(bench.dataDir, "blobs") });
  const sink = await openSink();

  const measure =
    (work: () => Promise<unknown>, cleanUp?: () => Promise<unknown>): Measure =>
    async () => {
      const beganMs = performance.now();
      await work();
      const seconds = (performance.now() - beganMs) / 1_000;
      await cleanUp?.();
      return PAYLOAD_BYTES / 1e6 / seconds;
    };
  const clear = async () => {
    await bench.database.sql`truncate outputs, blobs cascade`;
    for await (const { key } of files.list()) await files.delete([key]);
  };

  return {
    contenders: {
      fs: measure(() => writeOutput(bench, files, sessionId), clear),
      raw_file: measure(
        () => writeFile(rawPath),
        () => rm(rawPath),
      ),
      raw_file_hash: measure(
        () => writeFile(rawPath, createHash("sha256")),
        () => rm(rawPath),
      ),
      s3: measure(() => writeOutput(bench, sink.store, sessionId), clear),
      raw_s3: measure(sink.upload),
    },
    async close() {
      sink.close();
      await bench.close();
    },
  };
}

async function createSession({ database: { sql } }: BenchDatabase): Promise<string> {
  const sessionId = createSessionId();
  await sql`insert into teams (id, name) values ('team', 'Team')`;
  await sql`insert into users (id, name) values ('user', 'User')`;
  await sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (${sessionId}, 'team', 'user', 'working', 'Bench', 'prompt', '[]', '{}')`;
  return sessionId;
}

/** As a job does: event by event, at the pace of storage. */
async function writeOutput(
  { database }: BenchDatabase,
  blobs: BlobStore,
  sessionId: string,
): Promise<void> {
  const bus = { tell: () => {}, publishVolatile: () => {} };
  const services = {
    database,
    blobs,
    bus,
    log,
    processId: "prc_bench",
  } as unknown as OutputServices;
  const writer = await openOutput(services, {
    sessionId,
    generation: 1,
    executionId: createExecutionId(),
    port: "file",
    source: "execution",
    mode: "binary",
    format: "blob",
    mime: "application/octet-stream",
  });
  const channel = createStreamChannel({ log });
  const { done } = pipeOutput(channel, "file", writer);
  for (const bytes of createPayload())
    await channel.emit({ type: "binary-delta", port: "file", bytes });
  await channel.emit({ type: "finish" });
  await done;
}

async function writeFile(path: string, hash: Hash | null = null): Promise<void> {
  const file = await open(path, "wx");
  for (const bytes of createPayload()) {
    hash?.update(bytes);
    await file.write(bytes);
  }
  await file.sync();
  await file.close();
}

/** An S3 server that throws everything away. */
async function openSink() {
  const sink = fork(join(import.meta.dirname, "../upload/sink-server.ts"), [], {
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
  return {
    store: createS3BlobStore(bucket),
    upload: () => {
      const Body = Readable.from(createPayload(), { objectMode: false });
      const params = { Bucket: bucket.name, Key: "key", Body };
      const options = { partSize: BLOB_PART_BYTES, queueSize: BLOB_PARTS_IN_FLIGHT };
      return new Upload({ client: bucket.client, params, ...options }).done();
    },
    close: () => sink.kill(),
  };
}
