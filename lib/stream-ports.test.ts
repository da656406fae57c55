import { describe, expect, test } from "vitest";
import {
  firstBinaryPort,
  formatOf,
  isPortName,
  modeOf,
  readPorts,
  requirePortOf,
  streamingPorts,
} from "./stream-ports.ts";

const ports = readPorts({
  properties: {
    exitCode: { type: "integer" },
    log: { type: "string", "x-stream": "append" },
    todos: { type: "array", "x-stream": "object" },
    screen: { "x-stream": "replace", contentMediaType: "image/png" },
    archive: { "x-stream": "binary", contentMediaType: "application/zip" },
    dump: { "x-stream": "binary", format: "binary" },
  },
});

test("ports are read with their modes, formats and types, in order", () => {
  expect(streamingPorts(ports).map(({ name }) => name)).toEqual([
    "log",
    "todos",
    "screen",
    "archive",
    "dump",
  ]);
  expect(modeOf(ports, "exitCode")).toBeNull();
  expect(modeOf(ports, "todos")).toBe("object");
  expect(formatOf(ports, "archive")).toBe("blob");
  expect(formatOf(ports, "dump")).toBe("binary");
  expect(formatOf(ports, "log")).toBeNull();
  expect(firstBinaryPort(ports)).toEqual({
    name: "archive",
    mode: "binary",
    format: "blob",
    mime: "application/zip",
  });
  expect(firstBinaryPort(readPorts({ properties: {} }))).toBeNull();
});

test.each([
  { "x-stream": "Binary" },
  { "x-stream": "stream" },
  { "x-stream": "" },
  { "x-stream": null },
  { "x-stream": ["append"] },
  { "x-stream": "binary", format: "Blob" },
  { "x-stream": "binary", format: "arraybuffer" },
  { "x-stream": "binary", format: 1 },
])("%j is refused by the name of its port", (property) => {
  expect(() => readPorts({ properties: { archive: property } })).toThrow(/"archive"/);
});

test("the format of a port that is not binary is JSON Schema's own", () => {
  const read = readPorts({ properties: { day: { "x-stream": "append", format: "date" } } });
  expect(modeOf(read, "day")).toBe("append");
});

test.each([null, [], "x", {}, { properties: [] }])("%j declares no outputs", (schema) => {
  expect(() => readPorts(schema)).toThrow("declare no properties");
});

test("an event must be of its port's kind", () => {
  expect(requirePortOf(ports, { type: "text-delta", port: "log", text: "x" }).name).toBe("log");
  const refused = [
    { type: "text-delta", port: "archive", text: "x" },
    { type: "binary-delta", port: "screen", bytes: new Uint8Array(1) },
    { type: "replace-value", port: "exitCode", value: 1 },
    { type: "object-delta", port: "nobody", value: 1 },
  ] as const;
  for (const event of refused) expect(() => requirePortOf(ports, event)).toThrow(event.port);
});

describe("names", () => {
  test.each(["a", "report.pdf", "shots/1/full page.png", "größe", ".hidden", "a".repeat(255)])(
    "%s can be a port",
    (name) => expect(isPortName(name)).toBe(true),
  );
  test.each(["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\nb", "a\0", "\ud800"])(
    "%j cannot",
    (name) => expect(isPortName(name)).toBe(false),
  );
  test("bytes are counted, not characters", () => {
    expect(isPortName("ä".repeat(127))).toBe(true);
    expect(isPortName("ä".repeat(128))).toBe(false);
  });
});
