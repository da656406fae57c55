import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import type { BusMessage } from "#server/live/bus-message.ts";
import { readStreamBytes } from "#server/streams/stream-bytes.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { fromOutputs, outputColumns } from "./output-row.ts";
import { readResult } from "./read-result.ts";
import type { StreamListener } from "./stream-channel.ts";
import { hydrateValues, type StreamedExecution } from "./streamed-execution.ts";
import { createTextReader } from "./text-reader.ts";
import { createWakeUp, type WakeUp } from "./wake-up.ts";

/**
 * An execution of any process, this one included, as its rows and the news of them tell. Text and bytes come when they
 * are stored, in other pieces than they were emitted in; values that are folded come with the finish.
 */
export function followExecution(
  services: OutputServices,
  target: ExecutionTarget,
): StreamedExecution {
  return {
    onStream(listener) {
      const wakeUp = createWakeUp(services, followedOf(target));
      const show = createShow(services, wakeUp, listener);
      const stopPhases = services.bus.subscribe((message) => {
        for (const phase of phasesOf(message, target)) void show(phase);
      });
      follow(services, { target, wakeUp, show })
        .catch((error: unknown) => show({ type: "error", error: toAppError(error) }))
        .finally(() => {
          stopPhases();
          wakeUp.close();
        });
      return () => wakeUp.close();
    },

    async output(options = {}) {
      const wakeUp = createWakeUp(services, followedOf(target));
      try {
        for (;;) {
          const values = await readResult(services.database.sql, target);
          if (values !== null) return await hydrateValues(values, options);
          await requireSession(services, target);
          await wakeUp.wait();
        }
      } finally {
        wakeUp.close();
      }
    },
  };
}

const followedOf = ({ sessionId, executionId }: ExecutionTarget) => ({ sessionId, executionId });

/** A listener that fails is logged; one that stalls holds up nobody but its own reading. */
function createShow({ log }: OutputServices, wakeUp: WakeUp, listener: StreamListener) {
  return async (event: StreamEvent): Promise<void> => {
    if (wakeUp.isClosed) return;
    try {
      await listener(event);
    } catch (error) {
      log.warn({ err: error }, "a listener of a stream failed");
    }
  };
}

interface Following {
  target: ExecutionTarget;
  wakeUp: WakeUp;
  show: (event: StreamEvent) => Promise<void>;
}

async function follow(services: OutputServices, following: Following): Promise<void> {
  const { target, wakeUp, show } = following;
  const { sql } = services.database;
  const readers = new Map<string, PortReader>();
  // What is there already is not news.
  for (const output of await listStreamed(services, target))
    readers.set(output.outputId, createPortReader(output, output.bytes));
  while (!wakeUp.isClosed) {
    // Before the bytes are read: when it is there, they are all there.
    const ending = await readEnding(() => readResult(sql, target));
    for (const output of await listStreamed(services, target)) {
      const known = readers.get(output.outputId) ?? createPortReader(output, 0);
      readers.set(output.outputId, known);
      await known.read(services, following, output);
    }
    if (ending !== null) {
      for (const reader of readers.values()) await reader.end(following);
      return show(ending);
    }
    await requireSession(services, target);
    await wakeUp.wait();
  }
}

async function readEnding(read: () => ReturnType<typeof readResult>): Promise<StreamEvent | null> {
  try {
    const values = await read();
    return values && { type: "finish", values };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { type: "error", error };
  }
}

type StreamedPort = Output & { isReplaced: boolean };

type PortReader = ReturnType<typeof createPortReader>;

/** Reads on behind what was shown of one output. */
function createPortReader({ outputId, port, mode }: StreamedPort, from: number) {
  let offset = from;
  const decoder = mode === "append" ? createTextReader({ from }) : null;
  const eventOf = (bytes: Uint8Array): StreamEvent =>
    decoder
      ? { type: "text-delta", port, text: decoder.read(bytes) }
      : { type: "binary-delta", port, bytes };

  return {
    /** Of a value that came at the end in place of what was streamed nothing is shown: the finish has it. */
    async read(
      services: OutputServices,
      { wakeUp, show }: Following,
      { bytes: to, isReplaced }: StreamedPort,
    ) {
      if (isReplaced) return void decoder?.end();
      const range = { streamId: outputId, from: offset, to, isReplaced };
      try {
        for await (const chunk of readStreamBytes(services, range)) {
          if (wakeUp.isClosed) return;
          offset += chunk.byteLength;
          await show(eventOf(chunk));
        }
      } catch (error) {
        // It was replaced or deleted meanwhile, which the next look tells.
        if (!isAppError(error) || (error.code !== "gone" && error.code !== "not_found"))
          throw error;
      }
    },
    /** Shows what is left of a text that ended within a character. */
    async end({ show }: Following) {
      const text = decoder?.end() ?? "";
      if (text !== "") await show({ type: "text-delta", port, text });
    },
  };
}

/** Outputs whose bytes are their stream. */
async function listStreamed(
  { database: { sql } }: OutputServices,
  { sessionId, generation, executionId }: ExecutionTarget,
): Promise<StreamedPort[]> {
  return sql<StreamedPort[]>`
    select o.is_replaced as "isReplaced", ${outputColumns(sql)} ${fromOutputs(sql)}
    where o.session_id = ${sessionId} and o.generation = ${generation}
      and o.execution_id = ${executionId} and o.source = 'execution'
      and o.mode in ('append', 'binary')
    order by o.id`;
}

async function requireSession(
  { database: { sql } }: OutputServices,
  { sessionId, generation }: ExecutionTarget,
): Promise<void> {
  const [row] = await sql`
    select from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) throw new AppError("gone", "The session was deleted", { details: { sessionId } });
}

function phasesOf(message: BusMessage, { sessionId, executionId }: ExecutionTarget): StreamEvent[] {
  if (message.kind !== "volatile" || message.sessionId !== sessionId) return [];
  return message.events.flatMap((event): StreamEvent[] => {
    if (event.type !== "phase" || event.executionId !== executionId) return [];
    const { message: text, progress } = event;
    return [{ type: "phase", message: text, ...(progress !== null && { progress }) }];
  });
}
