import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import { log } from "#server/log.ts";
import { pipeOutput } from "./pipe-output.ts";
import { createStreamChannel, type StreamChannel } from "./stream-channel.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
const bytes = (data: Uint8Array): StreamEvent => ({
  type: "binary-delta",
  port: "file",
  bytes: data,
});
const ended = new AppError("unavailable", "The stream ended without a finish");

async function openPipe(channel: StreamChannel = createStreamChannel({ log })) {
  const writer = await harness.open({ thresholdBytes: 0 });
  return { channel, writer, pipe: pipeOutput(channel, "file", writer) };
}

const stateOf = async (outputId: string) => (await harness.read(outputId)).state;

/** A store that holds up every write until it is opened. */
async function holdStorage(work: (open: () => void) => Promise<void>): Promise<void> {
  const { blobs } = harness.blobs.context;
  const put = blobs.put.bind(blobs);
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  blobs.put = async (...rest) => {
    await opened;
    return put(...rest);
  };
  try {
    await work(open);
  } finally {
    open();
    blobs.put = put;
  }
}

const isPending = async (promise: Promise<unknown>) => {
  const waiting = Symbol("waiting");
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  return (await Promise.race([promise, Promise.resolve(waiting)])) === waiting;
};

describe("a port goes to storage", () => {
  test("chunk by chunk, other ports left alone, and is complete at the finish", async () => {
    const { channel, writer, pipe } = await openPipe();
    await channel.emit(bytes(Buffer.from("one ")));
    await channel.emit({ type: "binary-delta", port: "other", bytes: Buffer.from("no") });
    await channel.emit({ type: "phase", message: "Packing", progress: 0.5 });
    await channel.emit(bytes(Buffer.from("two")));
    await channel.emit({ type: "finish" });
    expect(await pipe.done).toMatchObject({ state: "complete", bytes: 7 });
    expect((await harness.bytesOf(writer.outputId)).toString()).toBe("one two");
    await expect(channel.emit(bytes(Buffer.from("late")))).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("a finish that comes before the last delta is stored waits for it", async () => {
    const data = randomBytes(2_500);
    const { channel, writer, pipe } = await openPipe();
    const emitted = [0, 1, 2, 3, 4].map((n) =>
      channel.emit(bytes(data.subarray(n * 500, n * 500 + 500))),
    );
    const finished = channel.emit({ type: "finish" });
    await Promise.all([...emitted, finished]);
    expect(await pipe.done).toMatchObject({ state: "complete", bytes: 2_500 });
    expect((await harness.bytesOf(writer.outputId)).equals(data)).toBe(true);
  });

  test("an explicit payload at the finish wins", async () => {
    const { channel, writer, pipe } = await openPipe();
    await channel.emit(bytes(randomBytes(1_500)));
    await channel.emit({ type: "finish", values: { file: Buffer.from("given"), other: 1 } });
    expect(await pipe.done).toMatchObject({ state: "complete", bytes: 5 });
    expect((await harness.bytesOf(writer.outputId)).toString()).toBe("given");
  });

  test("an emitter waits while storage does, with one chunk more than a segment under way", async () => {
    const { channel, writer, pipe } = await openPipe();
    await holdStorage(async (open) => {
      let emittedCount = 0;
      const emitting = (async () => {
        for (; emittedCount < 10; emittedCount += 1) await channel.emit(bytes(randomBytes(500)));
      })();
      expect(await isPending(emitting)).toBe(true);
      expect(emittedCount).toBeLessThanOrEqual(3);
      open();
      await emitting;
    });
    await channel.emit({ type: "finish" });
    await pipe.done;
    expect((await harness.read(writer.outputId)).bytes).toBe(5_000);
  });
});

describe("a stream that does not finish", () => {
  test.each([
    ["an error", (channel: StreamChannel) => channel.emit({ type: "error", error: ended })],
    ["no finish at all", async (channel: StreamChannel) => channel.close(ended)],
  ])("by %s is incomplete and rejects", async (_, end) => {
    const { channel, writer, pipe } = await openPipe();
    await channel.emit(bytes(randomBytes(1_500)));
    await end(channel);
    await expect(pipe.done).rejects.toThrow("without a finish");
    expect(await harness.read(writer.outputId)).toMatchObject({
      state: "incomplete",
      bytes: 1_500,
      error: ended.message,
    });
  });

  test("an abort releases an emitter that is parked on storage", async () => {
    const { channel, writer, pipe } = await openPipe();
    await holdStorage(async (open) => {
      const emitting = (async () => {
        for (;;) await channel.emit(bytes(randomBytes(500)));
      })();
      emitting.catch(() => {});
      expect(await isPending(emitting)).toBe(true);
      channel.close(ended);
      await expect(emitting).rejects.toMatchObject({ code: expect.any(String) as string });
      open();
    });
    await expect(pipe.done).rejects.toThrow("without a finish");
    expect(await stateOf(writer.outputId)).toBe("incomplete");
  });

  test("storage that fails rejects the emitter and the pipe", async () => {
    const { channel, writer, pipe } = await openPipe();
    const { blobs } = harness.blobs.context;
    const put = blobs.put;
    blobs.put = () => Promise.reject(new AppError("unavailable", "disk full"));
    const emitting = (async () => {
      for (;;) await channel.emit(bytes(randomBytes(500)));
    })();
    await expect(emitting).rejects.toThrow("disk full");
    blobs.put = put;
    await expect(pipe.done).rejects.toThrow("disk full");
    expect(await stateOf(writer.outputId)).toBe("incomplete");
  });

  test("detached, the stream goes on; what was stored is incomplete", async () => {
    const { channel, writer, pipe } = await openPipe();
    await channel.emit(bytes(randomBytes(1_500)));
    pipe.detach();
    await channel.emit(bytes(randomBytes(1_500)));
    await channel.emit({ type: "finish" });
    await expect(pipe.done).rejects.toMatchObject({ code: "gone" });
    expect(await harness.read(writer.outputId)).toMatchObject({
      state: "incomplete",
      bytes: 1_500,
    });
  });
});

describe("listeners", () => {
  test("one that throws, one that rejects and one that stalls harm nobody", async () => {
    const { channel, pipe } = await openPipe();
    const seen: string[] = [];
    channel.onStream(() => {
      throw new Error("bad listener");
    });
    channel.onStream(() => Promise.reject(new Error("bad promise")));
    channel.onStream(() => new Promise(() => {}));
    const stop = channel.onStream(({ type }) => void seen.push(type));
    await channel.emit(bytes(Buffer.from("x")));
    stop();
    await channel.emit({ type: "finish" });
    expect(await pipe.done).toMatchObject({ state: "complete" });
    expect(seen).toEqual(["binary-delta"]);
  });

  test("they get the very bytes that were emitted, and slow storage does not hold them up", async () => {
    const { channel, pipe } = await openPipe();
    const seen: unknown[] = [];
    channel.onStream((event) => void seen.push(event));
    const data = Array.from({ length: 5 }, () => bytes(randomBytes(500)));
    await holdStorage(async (open) => {
      const emitting = Promise.all(data.map((event) => channel.emit(event)));
      expect(seen).toHaveLength(5);
      expect(seen.every((event, n) => event === data[n])).toBe(true);
      open();
      await emitting;
    });
    await channel.emit({ type: "finish" });
    await pipe.done;
  });
});
