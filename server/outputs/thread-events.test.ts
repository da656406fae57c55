import { MessageChannel } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import { createThreadEmitter, packEvent, receiveFromThread } from "./thread-events.ts";

const delta = (bytes: Uint8Array) => ({ type: "binary-delta", port: "file", bytes }) as const;

let channel: MessageChannel;
beforeEach(() => {
  channel = new MessageChannel();
});
afterEach(() => {
  channel.port1.close();
  channel.port2.close();
});

function connect(emit: (event: StreamEvent) => Promise<void>) {
  receiveFromThread(channel.port2, emit);
  return createThreadEmitter(channel.port1);
}

test("a chunk that owns its memory moves; whoever emitted it has nothing left", async () => {
  const seen: StreamEvent[] = [];
  const emit = connect(async (event) => void seen.push(event));
  const own = Uint8Array.of(1, 2, 3);
  await emit(delta(own));
  expect(own.byteLength).toBe(0);
  expect(seen).toEqual([delta(Uint8Array.of(1, 2, 3))]);
});

test("a chunk in memory that others use too is copied, and its neighbours stay", async () => {
  const seen: Uint8Array[] = [];
  const emit = connect(async (event) => void seen.push((event as { bytes: Uint8Array }).bytes));
  const whole = Uint8Array.of(1, 2, 3, 4);
  const pooled = Buffer.from("pooled");
  const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
  for (const one of [whole.subarray(1, 3), pooled, shared]) await emit(delta(one));
  expect(whole).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(pooled.toString()).toBe("pooled");
  expect([...shared]).toEqual([7, 7]);
  expect(seen.map((bytes) => [...bytes])).toEqual([[2, 3], [...Buffer.from("pooled")], [7, 7]]);
});

test("nothing is transferred beside the bytes of the chunk", () => {
  const { transfer } = packEvent(delta(Buffer.from("pooled")));
  expect(transfer.map((memory) => (memory as ArrayBuffer).byteLength)).toEqual([6]);
  expect(packEvent({ type: "finish" }).transfer).toEqual([]);
});

test("the emitter waits for the other thread, and hears why it would not take more", async () => {
  let take = () => {};
  const emit = connect((event) =>
    event.type === "phase"
      ? new Promise((resolve) => (take = resolve))
      : Promise.reject(new AppError("too_large", "The quota is used up")),
  );
  let isTaken = false;
  const phase = emit({ type: "phase", message: "x" }).then(() => (isTaken = true));
  await expect(emit({ type: "finish" })).rejects.toMatchObject({
    code: "too_large",
    message: "The quota is used up",
  });
  expect(isTaken).toBe(false);
  take();
  await phase;
});

test("a thread that ended releases whoever waits for it", async () => {
  const emit = connect(() => new Promise(() => {}));
  const emitted = emit({ type: "phase", message: "x" });
  channel.port2.close();
  await expect(emitted).rejects.toMatchObject({ code: "unavailable" });
  const late = emit({ type: "phase", message: "x" });
  await expect(late).rejects.toMatchObject({ code: "unavailable" });
});
