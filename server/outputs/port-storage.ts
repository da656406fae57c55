import { AppError, toAppError } from "#lib/errors.ts";
import { createStreamFold, type StreamValues } from "#lib/fold-stream.ts";
import { isPortEvent, type PortEvent, type StreamEvent } from "#lib/stream-events.ts";
import { getPort, type Port, requirePortOf, streamingPorts } from "#lib/stream-ports.ts";
import {
  canStreamToStorage,
  needsAccumulation,
  type StreamConsumer,
} from "#lib/stream-to-storage.ts";
import type { OutputServices } from "./begin-output.ts";
import { openOutput, type OutputWriter } from "./open-output.ts";
import { type OutputPipe, pipeOutput } from "./pipe-output.ts";
import { encodeValue } from "./place-output.ts";
import { type Attempt, recordResult } from "./record-result.ts";
import type { NewExecution } from "./start-execution.ts";
import type { StreamSource } from "./stream-channel.ts";

export interface PortStorage {
  /** Makes ready for the event before it is emitted; answers what listeners get to see of it. */
  prepare(event: StreamEvent): Promise<StreamEvent>;
  /** Throws what it failed with, or that it ended without a finish. */
  requireFinished(): void;
  /** Waits until nothing of the execution is written any more, and says in its row that it did not finish. */
  settleIncomplete(reason: AppError): Promise<void>;
}

const TEXT_MIME = "text/plain; charset=utf-8";
const BYTES_MIME = "application/octet-stream";

/**
 * Stores what an execution streams: text and bytes as they come, each port in an output of its own; other values in
 * memory until the finish. Text and bytes are gathered in memory too where a consumer takes them whole, from the same
 * events.
 */
export function createPortStorage(
  services: OutputServices,
  source: StreamSource,
  { target, ports, consumers = [], thresholdBytes }: NewExecution & { target: Attempt },
): PortStorage {
  const gathered = new Set(
    streamingPorts(ports)
      .filter((port) => !isDirect(port, consumers))
      .map(({ name }) => name),
  );
  const fold = createStreamFold(ports, { gathered });
  const pipes = new Map<string, Promise<OutputPipe>>();
  let values: StreamValues = {};
  let failure: AppError | null = null;
  let hasFinished = false;

  const open = (port: Port, mime: string | null = port.mime): Promise<OutputWriter> =>
    openOutput(services, {
      ...target,
      port: port.name,
      source: "execution",
      mode: port.mode ?? "replace",
      format: port.format,
      mime: mime ?? (port.mode === "append" ? TEXT_MIME : BYTES_MIME),
      thresholdBytes,
    });

  const pipe = (port: Port) => {
    const known = pipes.get(port.name);
    if (known) return known;
    const opening = open(port).then((writer) => pipeOutput(source, port.name, writer));
    pipes.set(port.name, opening);
    return opening;
  };

  const preparePort = async (event: PortEvent) => {
    const port = requirePortOf(ports, event);
    if (gathered.has(port.name)) fold.push(event);
    if (isStored(port)) await pipe(port);
  };

  /** Without those that are overridden by text which only storage has seen. */
  const givenValues = ({ values: given = {} }: Extract<StreamEvent, { type: "finish" }>) =>
    Object.fromEntries(
      Object.entries(given).filter(([name]) => {
        const { mode } = getPort(ports, name);
        return mode !== "append" || gathered.has(name) || !pipes.has(name);
      }),
    );

  /** What was not streamed into storage already. */
  const storeValues = async () => {
    for (const [name, value] of Object.entries(values)) {
      if (pipes.has(name)) continue;
      const port = getPort(ports, name);
      const { mime, chunks } = encodeValue(value, port.mode);
      const writer = await open(port, mime ?? (isStored(port) ? port.mime : null));
      for await (const chunk of chunks) await writer.write(chunk);
      await writer.complete();
    }
  };

  source.pipe({
    async take({ type }) {
      if (type !== "finish") return;
      await Promise.all([...pipes.values()].map(async (opened) => (await opened).done));
      await storeValues();
      await recordResult(services, target, null);
      hasFinished = true;
    },
    end: () => {},
  });

  return {
    async prepare(event) {
      if (isPortEvent(event)) await preparePort(event);
      if (event.type === "error") failure = toAppError(event.error);
      if (event.type !== "finish") return event;
      values = fold.finish({ type: "finish", values: givenValues(event) });
      return { type: "finish", values };
    },

    requireFinished() {
      if (!hasFinished) throw failure ?? unfinished();
    },

    async settleIncomplete(reason) {
      for (const opening of pipes.values()) {
        const opened = await opening.catch(() => null);
        opened?.detach();
        await opened?.done.catch(() => {});
      }
      await recordResult(services, target, reason);
    },
  };
}

/** As it comes. */
const isStored = ({ mode }: Port) => mode === "append" || mode === "binary";

/** Whether a port goes to storage as it comes, and none of it into memory. Text is stored so, too. */
function isDirect(port: Port, consumers: readonly StreamConsumer[]): boolean {
  const ports = new Map([[port.name, port]]);
  if (port.mode === "append") return !consumers.some((one) => needsAccumulation(ports, one));
  return canStreamToStorage({ ports, sink: { streams: true }, consumers });
}

const unfinished = () =>
  new AppError("unavailable", "The execution ended without saying that it had finished");
