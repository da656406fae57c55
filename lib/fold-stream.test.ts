import { expect, test } from "vitest";
import { createStreamFold, foldObject } from "./fold-stream.ts";
import type { PortEvent } from "./stream-events.ts";
import { readPorts } from "./stream-ports.ts";

const ports = readPorts({
  properties: {
    exitCode: {},
    log: { "x-stream": "append" },
    todos: { "x-stream": "object" },
    screen: { "x-stream": "replace" },
    file: { "x-stream": "binary", contentMediaType: "text/plain" },
    dump: { "x-stream": "binary", format: "binary" },
  },
});

/** Of the ports that matter to a test; `screen` needs a value anyway. */
function fold(
  events: PortEvent[],
  values: Record<string, unknown> = { screen: 0 },
  gathered?: string[],
) {
  const folded = createStreamFold(ports, { gathered: new Set(gathered) });
  for (const event of events) folded.push(event);
  return folded.finish({ type: "finish", values });
}

const text = (added: string): PortEvent => ({ type: "text-delta", port: "log", text: added });
const todo = (value: unknown): PortEvent => ({ type: "object-delta", port: "todos", value });
const screen = (value: unknown): PortEvent => ({ type: "replace-value", port: "screen", value });
const bytes = (port: string, ...values: number[]): PortEvent => ({
  type: "binary-delta",
  port,
  bytes: Uint8Array.from(values),
});

test("append: what was streamed wins over what the end says", () => {
  expect(fold([text("a"), text(""), text("b")], { screen: 0, log: "other" })["log"]).toBe("ab");
  expect(fold([], { screen: 0, log: "only here" })["log"]).toBe("only here");
});

test("object: what was streamed wins over what the end says", () => {
  const events = [todo([{ id: 1, done: false }]), todo([{ id: 2 }, { id: 1, done: true }])];
  const expected = [{ id: 1, done: true }, { id: 2 }];
  expect(fold(events, { screen: 0, todos: [] })["todos"]).toEqual(expected);
  expect(fold([todo(null)], { screen: 0, todos: [1] })["todos"]).toBeNull();
});

test("replace: the end's value, else the last one, else an error that names the port", () => {
  expect(fold([screen(1), screen(2)], { screen: 3 })["screen"]).toBe(3);
  expect(fold([screen(1), screen(2)], {})["screen"]).toBe(2);
  expect(fold([screen(1)], { screen: null })["screen"]).toBeNull();
  expect(() => fold([], {})).toThrow(/"screen"/);
});

test("binary: an explicit payload wins, and what was streamed is thrown away", async () => {
  const given = new Blob(["given"]);
  const events = [bytes("file", 1, 2), bytes("dump", 3)];
  const folded = fold(events, { screen: 0, file: given }, ["file", "dump"]);
  expect(folded["file"]).toBe(given);
  expect(new Uint8Array(folded["dump"] as ArrayBuffer)).toEqual(Uint8Array.of(3));
});

test("binary: whole values are made only where they were asked for, in the declared form", async () => {
  const events = [bytes("file", 104), bytes("file", 105), bytes("dump", 1), bytes("dump", 2)];
  const folded = fold(events, { screen: 0 }, ["file"]);
  expect(folded).not.toHaveProperty("dump");
  const file = folded["file"] as Blob;
  expect([file.type, await file.text()]).toEqual(["text/plain", "hi"]);
  const whole = fold(events, { screen: 0 }, ["dump"])["dump"];
  expect(whole).toBeInstanceOf(ArrayBuffer);
  expect(new Uint8Array(whole as ArrayBuffer)).toEqual(Uint8Array.of(1, 2));
});

test("values of ports that do not stream come through", () => {
  expect(fold([], { screen: 0, exitCode: 1 })).toEqual({ screen: 0, exitCode: 1 });
});

test("a port that was not declared is refused", () => {
  expect(() => fold([bytes("other", 1)])).toThrow(/"other"/);
});

test("a member of a list without an id is always added; nothing that was given changes", () => {
  const before = [{ id: "a" }];
  expect(foldObject(before, [{}, { id: "a", n: 1 }, {}, 7])).toEqual([
    { id: "a", n: 1 },
    {},
    {},
    7,
  ]);
  expect(before).toEqual([{ id: "a" }]);
  expect(foldObject("text", [1])).toEqual([1]);
  expect(foldObject([1], { id: 1 })).toEqual({ id: 1 });
});
