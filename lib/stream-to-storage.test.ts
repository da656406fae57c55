import { describe, expect, test } from "vitest";
import { portModes, readPorts } from "./stream-ports.ts";
import { canStreamToStorage, needsAccumulation, type StreamConsumer } from "./stream-to-storage.ts";

const declare = (modes: Record<string, string | undefined>) =>
  readPorts({
    properties: Object.fromEntries(
      Object.entries(modes).map(([name, mode]) => [name, mode ? { "x-stream": mode } : {}]),
    ),
  });

const value = (port: string): StreamConsumer => ({ port, takes: "value" });
const stream = (port: string): StreamConsumer => ({ port, takes: "binary" });

describe("bytes go straight to storage", () => {
  const oneFile = { file: "binary" };
  const twoFiles = { file: "binary", dump: "binary" };
  const fileAndCode = { file: "binary", code: undefined };
  test.each([
    ["a file for nobody", oneFile, true, [], true],
    ["a file for a stream", oneFile, true, [stream("file")], true],
    ["two files for streams", twoFiles, true, [stream("file"), stream("dump")], true],
    ["a file, and a value that does not stream", fileAndCode, true, [value("code")], true],
    ["a consumer of what nobody declared", oneFile, true, [value("other")], true],
    ["a sink of whole values", oneFile, false, [], false],
    ["a sink of whole values for a stream", oneFile, false, [stream("file")], false],
    ["a file as a whole value", oneFile, true, [value("file")], false],
    ["one of two files as a whole value", twoFiles, true, [stream("file"), value("dump")], false],
    ["a file read as text", oneFile, true, [{ port: "file", takes: "append" }], false],
    ["everything as it is", oneFile, true, [stream("*")], false],
    ["everything as a value", oneFile, true, [value("*")], false],
    ["a text beside it", { file: "binary", log: "append" }, true, [], false],
    ["a list beside it", { file: "binary", todos: "object" }, true, [], false],
    [
      "a picture that is replaced beside it",
      { file: "binary", screen: "replace" },
      true,
      [],
      false,
    ],
    ["a text alone", { log: "append" }, true, [], false],
    ["nothing that streams", { code: undefined }, true, [], false],
    ["nothing at all", {}, true, [], false],
  ] as const)("%s", (...row) => {
    const [, modes, streams, consumers, expected] = row;
    const plan = { ports: declare(modes), sink: { streams }, consumers };
    expect(canStreamToStorage(plan)).toBe(expected);
  });
});

describe("an edge needs its value gathered", () => {
  const ports = declare({
    append: "append",
    object: "object",
    replace: "replace",
    binary: "binary",
    none: undefined,
  });
  const takings = [...portModes, "value"] as const;
  const table: Record<string, readonly (typeof takings)[number][]> = {
    append: ["object", "replace", "binary", "value"],
    object: ["append", "replace", "binary", "value"],
    replace: ["append", "object", "binary", "value"],
    binary: ["append", "object", "replace", "value"],
    none: [],
    "*": takings,
    unknown: [],
  };
  for (const [port, gathering] of Object.entries(table)) {
    test.each(takings)(`from ${port} as %s`, (takes) => {
      expect(needsAccumulation(ports, { port, takes })).toBe(gathering.includes(takes));
    });
  }

  test("not from all ports when none streams", () => {
    expect(needsAccumulation(declare({ code: undefined }), value("*"))).toBe(false);
  });
});
