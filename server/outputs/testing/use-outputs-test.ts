import { beforeEach } from "vitest";
import { createExecutionId } from "#lib/ids.ts";
import type { Output } from "#lib/output.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { useBlobsTest, type BlobsHarness } from "#server/blobs/testing/use-blobs-test.ts";
import type { VolatileEvent } from "#server/live/bus-message.ts";
import { log } from "#server/log.ts";
import type { ExecutionTarget, OutputServices } from "../begin-output.ts";
import { getOutput } from "../output-row.ts";
import { openOutput, type OpenOutput, type OutputWriter } from "../open-output.ts";
import { createLocalBus } from "./connected-bus.ts";

export interface OutputsHarness {
  blobs: BlobsHarness;
  readonly services: OutputServices;
  /** A new session and a new execution for each test. */
  readonly target: ExecutionTarget;
  /** Volatile events of the test. */
  readonly events: VolatileEvent[];
  /** A binary port `file`, in segments of 1,000 bytes. */
  open(changes?: Partial<OpenOutput>, services?: OutputServices): Promise<OutputWriter>;
  read(outputId: string): Promise<Output>;
  /** All bytes that are stored of an output which is a reference. */
  bytesOf(outputId: string): Promise<Buffer>;
}

export function useOutputsTest(): OutputsHarness {
  const events: VolatileEvent[] = [];
  const execution = { id: "" };
  const bus = createLocalBus();
  bus.subscribe((message) => {
    if (message.kind === "volatile") events.push(...message.events);
  });
  beforeEach(async () => {
    events.length = 0;
    execution.id = createExecutionId();
    // Before the blobs that they refer to.
    await blobs.context.database.sql`delete from outputs`;
  });
  const blobs = useBlobsTest();
  const harness: OutputsHarness = {
    blobs,
    events,
    get services() {
      const { database, blobs: store } = blobs.context;
      return { database, blobs: store, bus, log, processId: "prc_test" } as OutputServices;
    },
    get target() {
      return { sessionId: blobs.sessionId, generation: 1, executionId: execution.id };
    },
    open: (changes, services = harness.services) =>
      openOutput(services, {
        ...harness.target,
        port: "file",
        source: "execution",
        mode: "binary",
        format: "blob",
        mime: "application/octet-stream",
        segmentBytes: 1_000,
        ...changes,
      }),
    read: (outputId) => getOutput(blobs.context.database.sql, outputId),
    async bytesOf(outputId) {
      const [row] = await blobs.context.database.sql<{ blobId: string }[]>`
        select blob_id as "blobId" from outputs where id = ${outputId}`;
      const { stream } = await openBlob(blobs.context, row!.blobId);
      return Buffer.concat(await stream.toArray());
    },
  };
  return harness;
}
