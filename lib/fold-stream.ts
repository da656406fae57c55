import { AppError } from "./errors.ts";
import type { PortEvent, StreamEvent } from "./stream-events.ts";
import { type Port, type Ports, requirePortOf, streamingPorts } from "./stream-ports.ts";

/** What a stream came to, port by port. A binary port is missing where nobody gathered its bytes and none were given. */
export type StreamValues = Record<string, unknown>;

/** Folds the events of one execution into the values of its ports. */
export interface StreamFold {
  /** Throws `invalid_input` for a port that was not declared, or streams in another way. */
  push(event: PortEvent): void;
  /**
   * The values at the end in order. Binary: what `finish` brings wins over what was streamed. Append and object: what
   * was streamed wins. Replace: what `finish` brings, else the last value, else `invalid_input` with the port's name.
   */
  finish(event: Extract<StreamEvent, { type: "finish" }>): StreamValues;
}

interface FoldOptions {
  /** Binary ports whose bytes are gathered in memory; the others are stored as they come. */
  gathered?: ReadonlySet<string>;
}

export function createStreamFold(
  ports: Ports,
  { gathered = new Set() }: FoldOptions = {},
): StreamFold {
  const texts = new Map<string, string[]>();
  const values = new Map<string, unknown>();
  const chunks = new Map<string, Uint8Array[]>();

  const push = (event: PortEvent) => {
    requirePortOf(ports, event);
    switch (event.type) {
      case "text-delta":
        return addTo(texts, event.port, event.text);
      case "object-delta":
        return void values.set(event.port, foldObject(values.get(event.port), event.value));
      case "replace-value":
        return void values.set(event.port, event.value);
      case "binary-delta":
        return gathered.has(event.port) ? addTo(chunks, event.port, event.bytes) : undefined;
    }
  };

  const valueOf = (port: Port, given: unknown): unknown => {
    const { name, mode } = port;
    switch (mode) {
      case "append":
        return texts.get(name)?.join("") ?? given;
      case "object":
        return values.has(name) ? values.get(name) : given;
      case "replace":
        return requireValue(port, given === undefined ? values.get(name) : given);
      case "binary":
        return given === undefined ? gatheredValue(port, chunks.get(name)) : given;
      case null:
        return given;
    }
  };

  const gatheredValue = (port: Port, pieces: Uint8Array[] = []) =>
    gathered.has(port.name) ? joinBytes(port, pieces) : undefined;

  return {
    push,
    finish({ values: given = {} }) {
      const folded = new Map(Object.entries(given));
      for (const port of streamingPorts(ports)) {
        const value = valueOf(port, folded.get(port.name));
        if (value !== undefined) folded.set(port.name, value);
      }
      return Object.fromEntries(folded);
    },
  };
}

function addTo<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function requireValue({ name }: Port, value: unknown): unknown {
  if (value !== undefined) return value;
  throw new AppError("invalid_input", `The output "${name}" ended without any value`, {
    details: { port: name },
  });
}

/** Bytes in the form that the port declares: the one place where a binary port becomes a whole value. */
export function joinBytes(
  { format, mime }: Pick<Port, "format" | "mime">,
  pieces: readonly Uint8Array[],
): Blob | ArrayBuffer {
  if (format !== "binary")
    return new Blob(pieces as Uint8Array<ArrayBuffer>[], mime === null ? {} : { type: mime });
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let position = 0;
  for (const piece of pieces) {
    whole.set(piece, position);
    position += piece.byteLength;
  }
  return whole.buffer;
}

/**
 * The value of an `object` port after one more delta. Each member of a list replaces the one with its `id` in the list
 * so far, or is added; any other delta is the whole value. Changes nothing that it was given.
 */
export function foldObject(before: unknown, delta: unknown): unknown {
  if (!Array.isArray(delta)) return delta;
  const list: unknown[] = Array.isArray(before) ? [...before] : [];
  for (const member of delta) {
    const id = idOf(member);
    const position = id === undefined ? -1 : list.findIndex((known) => idOf(known) === id);
    if (position === -1) list.push(member);
    else list[position] = member;
  }
  return list;
}

function idOf(member: unknown): unknown {
  return typeof member === "object" && member !== null
    ? (member as { id?: unknown }).id
    : undefined;
}
