/**
 * What a running execution tells while it works. Deltas and values name their port; see `stream-ports.ts` for what a
 * port's mode allows. Only `phase` belongs to no port: it is shown and never stored.
 */
export type StreamEvent =
  | { type: "text-delta"; port: string; text: string }
  /** A list adds to a list, by `id`; anything else replaces the whole value. */
  | { type: "object-delta"; port: string; value: unknown }
  /** Whoever emits it hands the bytes over: they must not change afterwards. */
  | { type: "binary-delta"; port: string; bytes: Uint8Array }
  /** The newest value of a port that has one at a time. */
  | { type: "replace-value"; port: string; value: unknown }
  | { type: "phase"; message: string; progress?: number }
  /** The end in order. Values by port: of ports that did not stream, or that override what was streamed. */
  | { type: "finish"; values?: Readonly<Record<string, unknown>> }
  /** The end in disorder: nothing of what was streamed is complete. */
  | { type: "error"; error: unknown };

/** An event that adds to a port. */
export type PortEvent = Extract<StreamEvent, { port: string }>;

export const isPortEvent = (event: StreamEvent): event is PortEvent => "port" in event;
