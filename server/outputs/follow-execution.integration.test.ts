import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "#lib/stream-events.ts";
import { bytes, streamAll, text, useExecutionTest } from "./testing/use-execution-test.ts";

const { harness, start, follow } = useExecutionTest();

describe("followed from anywhere", () => {
  async function gather(seen: StreamEvent[]) {
    await expect.poll(() => seen.at(-1)?.type, { timeout: 20_000 }).toMatch(/finish|error/);
    const of = (type: StreamEvent["type"]) => seen.filter((event) => event.type === type);
    return {
      log: of("text-delta")
        .map((event) => (event as { text: string }).text)
        .join(""),
      file: Buffer.concat(
        of("binary-delta").map((event) => (event as { bytes: Uint8Array }).bytes),
      ),
      phases: of("phase"),
      last: seen.at(-1),
    };
  }

  test("it brings all bytes in order, once, then the end", async () => {
    const data = randomBytes(3_000_000);
    const seen: StreamEvent[] = [];
    const execution = start(async (tools) => {
      follow().onStream((event) => void seen.push(event));
      // Once the follower has looked, everything is news to it.
      const streamMore = async () => {
        await tools.emit(text("."));
        return seen.some(({ type }) => type === "text-delta");
      };
      await expect.poll(streamMore, { timeout: 20_000, interval: 50 }).toBe(true);
      await streamAll(tools, data);
    });
    await execution.done;
    const { log, file, phases, last } = await gather(seen);
    expect(log).toMatch(/^\.+€ one\ntwo\n$/);
    expect(file.equals(data)).toBe(true);
    expect(phases).toEqual([{ type: "phase", message: "Packing", progress: 0.5 }]);
    expect(last).toMatchObject({ type: "finish", values: { exitCode: 0 } });
  });

  test("a value that came at the end in place of what was streamed is in the finish only", async () => {
    const seen: StreamEvent[] = [];
    follow().onStream((event) => void seen.push(event));
    await start(async ({ emit }) => {
      const streamMore = async () => {
        await emit(bytes(Buffer.alloc(1_000, "A")));
        return seen.some(({ type }) => type === "binary-delta");
      };
      await expect.poll(streamMore, { timeout: 20_000, interval: 50 }).toBe(true);
      await emit({ type: "finish", values: { file: Buffer.alloc(1_000_000, "B") } });
    }).done;
    const { file, last } = await gather(seen);
    expect(file.toString()).toMatch(/^A+$/);
    expect(last).toMatchObject({ type: "finish", values: { file: { bytes: 1_000_000 } } });
  });

  test("after its end only the end is told, once, here as there", async () => {
    const execution = start((tools) => streamAll(tools, randomBytes(70_000)));
    await execution.done;
    for (const one of [execution, follow()]) {
      const seen: StreamEvent[] = [];
      one.onStream((event) => void seen.push(event));
      await gather(seen);
      expect(seen.map(({ type }) => type)).toEqual(["finish"]);
    }
  });

  test("a listener that stalls or throws holds up neither the execution nor other followers", async () => {
    const seen: StreamEvent[] = [];
    follow().onStream(() => new Promise(() => {}));
    follow().onStream(() => {
      throw new Error("bad listener");
    });
    const execution = start((tools) => streamAll(tools, randomBytes(70_000)));
    follow().onStream((event) => void seen.push(event));
    await execution.done;
    expect((await gather(seen)).last?.type).toBe("finish");
  });

  test("a session that is deleted ends it", async () => {
    const seen: StreamEvent[] = [];
    follow().onStream((event) => void seen.push(event));
    await harness.services.database.sql`
      update sessions set deleted_at = now() where id = ${harness.target.sessionId}`;
    harness.services.bus.tell({
      kind: "state",
      sessionId: harness.target.sessionId,
      teamId: "team",
    });
    expect((await gather(seen)).last).toMatchObject({ type: "error", error: { code: "gone" } });
    await expect(follow().output()).rejects.toMatchObject({ code: "gone" });
  });
});
