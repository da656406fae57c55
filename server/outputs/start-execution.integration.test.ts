import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import { readPorts } from "#lib/stream-ports.ts";
import { closeAbandonedOutputs } from "#server/blobs/close-abandoned-outputs.ts";
import { followExecution } from "./follow-execution.ts";
import { isOutputRef, type OutputRef } from "./output-ref.ts";
import { createRefStore } from "./ref-store.ts";
import { releaseOutputs } from "./release-outputs.ts";
import { type JobTools, type NewExecution, startExecution } from "./start-execution.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

const ports = readPorts({
  properties: {
    log: { "x-stream": "append" },
    todos: { "x-stream": "object" },
    file: { "x-stream": "binary", contentMediaType: "application/zip" },
    exitCode: {},
  },
});

const start = (job: (tools: JobTools) => Promise<void>, options: Partial<NewExecution> = {}) =>
  startExecution(harness.services, { target: harness.target, ports, ...options }, job);

const follow = () => followExecution(harness.services, harness.target);

const bytes = (data: Uint8Array): StreamEvent => ({
  type: "binary-delta",
  port: "file",
  bytes: data,
});
const text = (added: string): StreamEvent => ({ type: "text-delta", port: "log", text: added });
const todo = (value: unknown): StreamEvent => ({ type: "object-delta", port: "todos", value });
const refs = () => createRefStore(harness.services, harness.target);

async function streamAll({ emit }: JobTools, data: Uint8Array): Promise<void> {
  await emit({ type: "phase", message: "Packing", progress: 0.5 });
  await emit(text("€ one\n"));
  await emit(todo([{ id: 1, done: false }]));
  await emit(bytes(data.subarray(0, 70_000)));
  await emit(text("two\n"));
  await emit(bytes(data.subarray(70_000)));
  await emit(todo([{ id: 1, done: true }, { id: 2 }]));
  await emit({ type: "finish", values: { exitCode: 0, log: "overridden by what was streamed" } });
}

describe("a job that does not wait for what it emits", () => {
  test("has its events taken in the order of its calls", async () => {
    const execution = start(async ({ emit }) => {
      void emit(text("one "));
      void emit(bytes(Buffer.from("file")));
      void emit(text("two"));
      await emit({ type: "finish", values: { exitCode: 0 } });
    });
    await execution.done;
    expect(await execution.output()).toMatchObject({ log: "one two", exitCode: 0 });
  });

  test("does not finish when one of them was refused", async () => {
    const execution = start(async ({ emit }) => {
      void emit({ type: "text-delta", port: "unknown", text: "lost" });
      await emit({ type: "finish", values: { exitCode: 0 } });
    });
    await expect(execution.done).rejects.toThrow("was not declared");
  });
});

describe("what an execution brought", () => {
  const data = randomBytes(100_000);
  const small = { log: "€ one\ntwo\n", todos: [{ id: 1, done: true }, { id: 2 }], exitCode: 0 };

  test("is small values themselves, and references; here and in any process", async () => {
    const execution = start((tools) => streamAll(tools, data));
    await execution.done;
    for (const one of [execution, follow()]) {
      const { file, ...rest } = await one.output();
      expect(rest).toEqual(small);
      expect(isOutputRef(file)).toBe(true);
      expect(file).toMatchObject({ label: "file", bytes: 100_000, mime: "application/zip" });
    }
  });

  test("is whole where it is asked for by a store, or a function", async () => {
    const execution = start((tools) => streamAll(tools, data));
    for (const one of [execution, follow()]) {
      const { file } = await one.output({ hydrate: refs() });
      expect((file as Blob).type).toBe("application/zip");
      expect(Buffer.from(await (file as Blob).arrayBuffer()).equals(data)).toBe(true);
      const named = await one.output({ hydrate: ({ label }: OutputRef) => `<${label}>` });
      expect(named).toEqual({ ...small, file: "<file>" });
    }
  });

  test("stays references when the bytes of one are gone, or are of another session", async () => {
    const execution = start((tools) => streamAll(tools, data));
    const values = await execution.output();
    const foreign = createRefStore(harness.services, { ...harness.target, sessionId: "ses_x" });
    expect(await execution.output({ hydrate: foreign })).toEqual(values);
    await harness.blobs.context.blobs.delete(await harness.blobs.context.listKeys());
    expect(await execution.output({ hydrate: refs() })).toEqual(values);
  });

  test("weighs less than 1 KiB in its own row, whatever it is", async () => {
    await start((tools) => streamAll(tools, randomBytes(3_000_000))).done;
    const [row] = await harness.services.database.sql<{ bytes: number }[]>`
      select octet_length(row_to_json(r)::text) as bytes from execution_results r
      where execution_id = ${harness.target.executionId}`;
    expect(row?.bytes).toBeLessThan(1_024);
  });

  test("the newest writing of a port counts, and only what the execution wrote itself", async () => {
    const other = await harness.open({ port: "file", source: "tool" });
    await other.write(Buffer.from("of a tool"));
    await other.complete();
    await start(async ({ emit }) => {
      await emit(bytes(Buffer.from("own")));
      await emit({ type: "finish" });
    }).done;
    const { file } = await follow().output();
    expect(await (file as Blob).text()).toBe("own");
  });
});

describe("consumers in the process", () => {
  const finishOf = async (consumers: NewExecution["consumers"], one = ports) => {
    const data = randomBytes(80_000);
    const seen: StreamEvent[] = [];
    const execution = start((tools) => streamAll(tools, data), { consumers, ports: one });
    execution.onStream((event) => void seen.push(event));
    await execution.done;
    const finish = seen.at(-1) as Extract<StreamEvent, { type: "finish" }>;
    return { data, file: finish.values?.["file"], execution };
  };

  test("one that needs the whole value finds it in the finish; row and result hold the reference", async () => {
    const { data, file, execution } = await finishOf([{ port: "file", takes: "value" }]);
    expect(Buffer.from(await (file as Blob).arrayBuffer()).equals(data)).toBe(true);
    expect(isOutputRef((await execution.output())["file"])).toBe(true);
    const [row] = await harness.services.database.sql`
      select value, n from outputs where port = 'file'`;
    expect(row).toEqual({ value: null, n: 0 });
  });

  test("one that takes the stream keeps nothing in memory", async () => {
    const { file } = await finishOf([{ port: "file", takes: "binary" }]);
    expect(file).toBeUndefined();
  });
});

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

describe("followed from anywhere", () => {
  async function gather(seen: StreamEvent[]) {
    await expect.poll(() => seen.at(-1)?.type, { timeout: 5_000 }).toMatch(/finish|error/);
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
      // The follower has looked: from here on everything is news to it.
      await new Promise((resolve) => setImmediate(resolve));
      await harness.services.database.sql`select 1`;
      await streamAll(tools, data);
    });
    await execution.done;
    const { log, file, phases, last } = await gather(seen);
    expect(log).toBe("€ one\ntwo\n");
    expect(file.equals(data)).toBe(true);
    expect(phases).toEqual([{ type: "phase", message: "Packing", progress: 0.5 }]);
    expect(last).toMatchObject({ type: "finish", values: { exitCode: 0 } });
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
