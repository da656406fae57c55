import type { StreamEvent } from "#lib/stream-events.ts";
import { readPorts } from "#lib/stream-ports.ts";
import { followExecution } from "../follow-execution.ts";
import {
  type Execution,
  type JobTools,
  type NewExecution,
  startExecution,
} from "../start-execution.ts";
import type { StreamedExecution } from "../streamed-execution.ts";
import { type OutputsHarness, useOutputsTest } from "./use-outputs-test.ts";

export const ports = readPorts({
  properties: {
    log: { "x-stream": "append" },
    todos: { "x-stream": "object" },
    file: { "x-stream": "binary", contentMediaType: "application/zip" },
    exitCode: {},
  },
});

export const bytes = (data: Uint8Array): StreamEvent => ({
  type: "binary-delta",
  port: "file",
  bytes: data,
});

export const text = (added: string): StreamEvent => ({
  type: "text-delta",
  port: "log",
  text: added,
});

export const todo = (value: unknown): StreamEvent => ({
  type: "object-delta",
  port: "todos",
  value,
});

interface ExecutionHarness {
  harness: OutputsHarness;
  /** A job in the execution of the test. */
  start(job: (tools: JobTools) => Promise<void>, options?: Partial<NewExecution>): Execution;
  /** That execution as other processes see it. */
  follow(): StreamedExecution;
}

export function useExecutionTest(): ExecutionHarness {
  const harness = useOutputsTest();
  return {
    harness,
    start: (job, options = {}) =>
      startExecution(harness.services, { target: harness.target, ports, ...options }, job),
    follow: () => followExecution(harness.services, harness.target),
  };
}

/** All ports, with `data` in two pieces. */
export async function streamAll({ emit }: JobTools, data: Uint8Array): Promise<void> {
  await emit({ type: "phase", message: "Packing", progress: 0.5 });
  await emit(text("€ one\n"));
  await emit(todo([{ id: 1, done: false }]));
  await emit(bytes(data.subarray(0, 70_000)));
  await emit(text("two\n"));
  await emit(bytes(data.subarray(70_000)));
  await emit(todo([{ id: 1, done: true }, { id: 2 }]));
  await emit({ type: "finish", values: { exitCode: 0, log: "overridden by what was streamed" } });
}
