import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { createTurnRecorder } from "./turn-recorder.ts";

const OUTPUT_CHARACTERS = 10_000_000;
const REPEATS = 62;
const HEAP_MAX_BYTES = 300_000_000;

test("a growing output that is repeated 62 times does not pile up behind a slow store", async () => {
  let writtenBytes = 0;
  let peakBytes = 0;
  const startBytes = process.memoryUsage().rss;
  const recorder = createTurnRecorder({
    sessionId: "ses_1",
    promptMessageId: createMessageId(),
    promptText: "Make noise",
    agentLabel: "Scripted",
    async writeItems(items) {
      for (const { body } of items) writtenBytes += body.length;
      await delay(200);
    },
    publish: () => {},
  });
  for (let count = 1; count <= REPEATS; count += 1) {
    // As it arrives: text of its own each time, and all that came before repeated.
    const text = Buffer.alloc((OUTPUT_CHARACTERS * count) / REPEATS, `line ${count}\n`).toString();
    await recorder.onUpdate({
      sessionUpdate: "tool_call_update",
      toolCallId: "call-1",
      status: "in_progress",
      content: [{ type: "content", content: { type: "text", text } }],
    });
    await delay(10);
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss - startBytes);
  }
  await recorder.finish({ stopReason: "end_turn" });
  expect(peakBytes).toBeLessThan(HEAP_MAX_BYTES);
  expect(writtenBytes).toBeGreaterThan(OUTPUT_CHARACTERS);
  expect(writtenBytes).toBeLessThan(OUTPUT_CHARACTERS * 10);
});
