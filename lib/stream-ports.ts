import { AppError } from "./errors.ts";
import type { PortEvent } from "./stream-events.ts";

/** How a port streams: added text, a folded value, the newest of several values, or bytes. */
export const portModes = ["append", "object", "replace", "binary"] as const;
export type PortMode = (typeof portModes)[number];

/** What the bytes of a binary port become for whoever wants them whole: a `Blob` or an `ArrayBuffer`. */
export const binaryFormats = ["blob", "binary"] as const;
export type BinaryFormat = (typeof binaryFormats)[number];

/** A declared output of a job, tool or agent. */
export interface Port {
  name: string;
  /** Null for a value that comes with the end only. */
  mode: PortMode | null;
  /** Of a binary port; null for others. */
  format: BinaryFormat | null;
  /** JSON Schema's `contentMediaType`; null when it does not say. */
  mime: string | null;
}

/** By name, in the order in which they were declared. */
export type Ports = ReadonlyMap<string, Port>;

const NAME_MAX_BYTES = 255;

/**
 * True for a name that a port, a row and an address may have: 1 to 255 UTF-8 bytes, with `/` between names that are
 * neither empty nor `.` nor `..`; no control characters, no backslash, no half of a surrogate pair.
 */
export function isPortName(name: string): boolean {
  if (new TextEncoder().encode(name).byteLength > NAME_MAX_BYTES) return false;
  if (/[\p{Cc}\p{Surrogate}\\]/u.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * The ports of a JSON Schema of outputs: the modes stand in `x-stream`, a binary port's form in `format`. Throws
 * `invalid_input` for any other spelling, so that no port is taken for another kind by a typing error.
 */
export function readPorts(schema: unknown): Ports {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  if (!isObject(properties)) throw new AppError("invalid_input", "Outputs declare no properties");
  return new Map(
    Object.entries(properties).map(([name, property]) => [name, readPort(name, property)]),
  );
}

function readPort(name: string, property: unknown): Port {
  if (!isPortName(name)) throw refusal(name, "has a name that no output can have");
  const { "x-stream": mode, format, contentMediaType } = isObject(property) ? property : {};
  const mime = typeof contentMediaType === "string" ? contentMediaType : null;
  if (mode === undefined) return { name, mode: null, format: null, mime };
  if (!isOneOf(portModes, mode)) throw refusal(name, `streams as one of ${portModes.join(", ")}`);
  // Elsewhere `format` is JSON Schema's own.
  if (mode !== "binary") return { name, mode, format: null, mime };
  const form = format ?? "blob";
  if (!isOneOf(binaryFormats, form))
    throw refusal(name, `has one of the formats ${binaryFormats.join(", ")}`);
  return { name, mode, format: form, mime };
}

const refusal = (port: string, reason: string) =>
  new AppError("invalid_input", `The output "${port}" ${reason}`, { details: { port } });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return (words as readonly unknown[]).includes(value);
}

export const streamingPorts = (ports: Ports): Port[] =>
  [...ports.values()].filter(({ mode }) => mode !== null);

/** Throws `invalid_input` for a port that was not declared. */
export function getPort(ports: Ports, name: string): Port {
  const port = ports.get(name);
  if (!port) throw refusal(name, "was not declared");
  return port;
}

/** Null when the port does not stream. */
export const modeOf = (ports: Ports, name: string): PortMode | null => getPort(ports, name).mode;

/** Null when the port is not binary. */
export const formatOf = (ports: Ports, name: string): BinaryFormat | null =>
  getPort(ports, name).format;

export const firstBinaryPort = (ports: Ports): Port | null =>
  streamingPorts(ports).find(({ mode }) => mode === "binary") ?? null;

const modeByEvent: Record<PortEvent["type"], PortMode> = {
  "text-delta": "append",
  "object-delta": "object",
  "replace-value": "replace",
  "binary-delta": "binary",
};

/** The port that the event adds to. Throws `invalid_input` when it was not declared, or streams in another way. */
export function requirePortOf(ports: Ports, event: PortEvent): Port {
  const port = getPort(ports, event.port);
  if (port.mode !== modeByEvent[event.type])
    throw refusal(event.port, `does not stream by ${event.type}`);
  return port;
}
