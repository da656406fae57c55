import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import { closeAbandonedOutputs } from "#server/blobs/close-abandoned-outputs.ts";
import { releaseOutputs } from "./release-outputs.ts";
import type { JobTools } from "./start-execution.ts";
import { bytes, text, useExecutionTest } from "./testing/use-execution-test.ts";

const { harness, start, follow } = useExecutionTest();

describe("an execution that does not finish", () => {
  const failing: [string, (tools: JobTools) => Promise<void>, RegExp][] = [
    ["throws", () => Promise.reject(new Error("broken")), /Something went wrong/],
    ["says that it failed", ({ emit }) => emit({ type: "error", error: new Error("x") }), /wrong/],
    ["ends in silence", async () => {}, /without saying/],
    [
      "uses a port that was not declared",
      ({ emit }) => emit({ ...text("x"), port: "other" } as StreamEvent),
      /other/,
    ],
    [
      "finishes a port that was not declared",
      ({ emit }) => emit({ type: "finish", values: { other: 1 } }),
      /other/,
    ],
  ];
  test.each(failing)("because it %s is incomplete everywhere", async (...row) => {
    const [, end, message] = row;
    const data = randomBytes(70_000);
    const seen: StreamEvent[] = [];
    const execution = start(async (tools) => {
      await tools.emit(bytes(data));
      await end(tools);
    });
    execution.onStream((event) => void seen.push(event));
    await expect(execution.done).rejects.toThrow(message);
    await expect(execution.output()).rejects.toThrow(message);
    await expect(follow().output()).rejects.toThrow(message);
    expect(seen.map(({ type }) => type)).toEqual(["binary-delta", "error"]);
    const rows = await harness.services.database.sql`select state, bytes::int from outputs`;
    expect([...rows]).toEqual([{ state: "incomplete", bytes: 70_000 }]);
  });

  const leave = async () => {
    const { sql } = harness.services.database;
    const started = createDeferred<void>();
    const execution = start(async ({ emit }) => {
      await emit(bytes(randomBytes(70_000)));
      started.resolve();
      await new Promise(() => {});
    });
    await started.promise;
    return { sql, execution };
  };
  const run = () =>
    start(async ({ emit }) => {
      await emit({ type: "finish" });
    }).done;

  test("because its process died is incomplete once that is buried, and may be run again", async () => {
    const { sql } = await leave();
    await expect(run()).rejects.toMatchObject({ code: "conflict" });
    const output = follow().output();
    output.catch(() => {});
    const news = await sql.begin((tx) => releaseOutputs(tx, harness.services));
    expect(news).toMatchObject([{ kind: "state", sessionId: harness.target.sessionId }]);
    await expect(output).rejects.toThrow("The server ended");
    await run();
    expect(await follow().output()).toEqual({});
    await expect(run()).rejects.toMatchObject({ code: "conflict" });
  });

  test("because its process is gone is incomplete with the next sweep", async () => {
    await leave();
    await closeAbandonedOutputs(harness.services);
    await expect(follow().output()).rejects.toThrow("The server ended");
  });

  test("has a small row, whatever the reason", async () => {
    const { sql } = harness.services.database;
    const reason = new AppError("unavailable", "🙈".repeat(500));
    await expect(start(() => Promise.reject(reason)).done).rejects.toThrow("🙈");
    const [row] = await sql<{ bytes: number; error: string }[]>`
      select octet_length(row_to_json(r)::text) as bytes, error from execution_results r
      where execution_id = ${harness.target.executionId}`;
    expect(row).toMatchObject({ error: "🙈".repeat(125) });
    expect(row?.bytes).toBeLessThan(1_024);
  });

  test("because it was aborted ends at once, and emits nothing any more", async () => {
    const stopping = new AbortController();
    const late: Promise<unknown>[] = [];
    const execution = start(
      async ({ emit, signal }) => {
        await emit(bytes(randomBytes(70_000)));
        await new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            late.push(emit(bytes(randomBytes(1))).catch((error: Error) => error.message));
            resolve(null);
          });
          stopping.abort(new Error("stopped"));
        });
        await new Promise(() => {});
      },
      { signal: stopping.signal },
    );
    await expect(execution.done).rejects.toThrow("Something went wrong");
    expect(await Promise.all(late)).toEqual(["stopped"]);
    await expect(follow().output()).rejects.toThrow("Something went wrong");
  });
});
