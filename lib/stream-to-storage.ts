import { type PortMode, type Ports, streamingPorts } from "./stream-ports.ts";

/** Somebody who takes what ports bring. */
export interface StreamConsumer {
  /** `*` for all ports. */
  port: string;
  /** The stream as it comes, in one mode; or the whole value, in memory. */
  takes: PortMode | "value";
}

interface StreamPlan {
  ports: Ports;
  /** Where bytes would go; `streams` false for one that takes whole values only. */
  sink: { streams: boolean };
  consumers: readonly StreamConsumer[];
}

/**
 * Whether everything that streams can go to storage as it comes, and nothing be gathered in memory: the sink streams,
 * something does, every port that streams is binary (a text beside it would have neither sink nor memory to go to), and
 * nobody needs a whole value.
 */
export function canStreamToStorage({ ports, sink, consumers }: StreamPlan): boolean {
  const streaming = streamingPorts(ports);
  return (
    sink.streams &&
    streaming.length > 0 &&
    streaming.every(({ mode }) => mode === "binary") &&
    !consumers.some((consumer) => needsAccumulation(ports, consumer))
  );
}

/**
 * Whether something must be gathered in memory for this consumer: of a port that streams it takes the whole value, or
 * another mode than the port's. Who takes everything takes it whole. Ports that do not stream need no gathering.
 */
export function needsAccumulation(ports: Ports, { port, takes }: StreamConsumer): boolean {
  if (port === "*") return streamingPorts(ports).length > 0;
  const mode = ports.get(port)?.mode ?? null;
  return mode !== null && takes !== mode;
}
