import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "#lib/stream-events.ts";
import { isOutputRef, type OutputRef } from "./output-ref.ts";
import { createRefStore } from "./ref-store.ts";
import type { NewExecution } from "./start-execution.ts";
import { bytes, streamAll, text, useExecutionTest } from "./testing/use-execution-test.ts";

const { harness, start, follow } = useExecutionTest();

const refs = () => createRefStore(harness.services, harness.target);

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

  test("is text where a port of text was given at the end only", async () => {
    const given = { log: 'said "hello"\n', file: new TextEncoder().encode("zip").buffer };
    const execution = start(({ emit }) => emit({ type: "finish", values: given }));
    const { file, ...rest } = await execution.output();
    expect(rest).toEqual({ log: given.log });
    expect(await (file as Blob).text()).toBe("zip");
    const rows = await harness.services.database.sql`select port, mime from outputs order by port`;
    expect([...rows]).toEqual([
      { port: "file", mime: "application/zip" },
      { port: "log", mime: "text/plain; charset=utf-8" },
    ]);
  });

  test("holds a character that two deltas brought, and half of one that never came whole", async () => {
    const execution = start(async ({ emit }) => {
      for (const piece of ["a\ud83d", "", "\ude48b\ud83d"]) await emit(text(piece));
      await emit({ type: "finish" });
    });
    expect(await execution.output()).toEqual({ log: "a🙈b\ufffd" });
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
  const finishOf = async (consumers: NewExecution["consumers"]) => {
    const data = randomBytes(80_000);
    const seen: StreamEvent[] = [];
    const execution = start((tools) => streamAll(tools, data), { consumers });
    execution.onStream((event) => void seen.push(event));
    await execution.done;
    const finish = seen.at(-1) as Extract<StreamEvent, { type: "finish" }>;
    return { data, finish, file: finish.values?.["file"], execution };
  };

  test("one that needs the whole value finds it in the finish; row and result hold the reference", async () => {
    const { data, file, execution } = await finishOf([{ port: "file", takes: "value" }]);
    expect(Buffer.from(await (file as Blob).arrayBuffer()).equals(data)).toBe(true);
    expect(isOutputRef((await execution.output())["file"])).toBe(true);
    const [row] = await harness.services.database.sql`
      select value, n from outputs where port = 'file'`;
    expect(row).toEqual({ value: null, n: 0 });
  });

  test.each([
    ["value", { log: "€ one\ntwo\n" }],
    ["append", {}],
  ] as const)("of several ports a text taken as %s is %o in the finish", async (takes, log) => {
    const { finish } = await finishOf([{ port: "log", takes }]);
    const rest = { todos: [{ id: 1, done: true }, { id: 2 }], exitCode: 0 };
    expect(finish.values).toEqual({ ...rest, ...log });
  });

  test("one that takes the stream keeps nothing in memory", async () => {
    const { file } = await finishOf([{ port: "file", takes: "binary" }]);
    expect(file).toBeUndefined();
  });
});

test("leaves nothing behind at a signal that outlives it (#6)", async () => {
  const { signal } = new AbortController();
  const seen: AbortSignal[] = [];
  await start(
    async ({ emit, signal: own }) => {
      seen.push(own);
      await emit({ type: "finish", values: { exitCode: 0 } });
    },
    { signal },
  ).done;
  expect(seen.map((own) => getEventListeners(own, "abort"))).toEqual([[]]);
});
