import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { createOutputRef, isOutputRef, type OutputRef } from "./output-ref.ts";
import { resolveOutput, type ResolveOptions } from "./resolve-output.ts";

const refOf = (label: string, bytes = 10): OutputRef =>
  createOutputRef({
    sessionId: "ses_1",
    generation: 1,
    blobId: label,
    label,
    bytes,
    mime: "text/plain",
    name: null,
    form: { mode: "binary", format: "blob" },
  });

const one = refOf("one");
const two = refOf("two", 100);
const gone = refOf("gone");

function resolveAll(value: unknown, options: Partial<ResolveOptions> = {}) {
  const refs = async ({ label }: OutputRef) => {
    if (label === "gone") throw new AppError("not_found", "There is no such file");
    return `value of ${label}`;
  };
  return resolveOutput(value, { hydrate: "all", dangling: "error", refs, ...options });
}

test("references are resolved wherever plain containers hold them", async () => {
  const value = {
    list: [1, [one]],
    map: new Map<unknown, unknown>([["key", { deep: two }]]),
    set: new Set([one, "text"]),
    bare: Object.assign(Object.create(null) as object, { one }),
    rest: null,
  };
  const resolved = (await resolveAll(value)) as typeof value;
  expect(resolved.list).toEqual([1, ["value of one"]]);
  expect(resolved.map).toEqual(new Map([["key", { deep: "value of two" }]]));
  expect(resolved.set).toEqual(new Set(["value of one", "text"]));
  expect(Object.getPrototypeOf(resolved.bare)).toBeNull();
  expect(resolved.bare.one).toBe("value of one");
  expect(Object.keys(resolved)).toEqual(Object.keys(value));
  expect(value.list[1]).toEqual([one]);
  expect(await resolveAll(one)).toBe("value of one");
});

test("where nothing changes everything stays the same object", async () => {
  const quiet = { list: [1, { two: 2 }] };
  const value = { quiet, loud: [one] };
  const resolved = (await resolveAll(value)) as typeof value;
  expect(resolved).not.toBe(value);
  expect(resolved.quiet).toBe(quiet);
  expect(await resolveAll(quiet)).toBe(quiet);
  expect(await resolveAll(value, { hydrate: "none" })).toBe(value);
  expect(await resolveAll([two], { hydrate: { below: 100 } })).toEqual([two]);
});

test("below a size means below it", async () => {
  const resolved = await resolveAll([one, two], { hydrate: { below: 100 } });
  expect(resolved).toEqual(["value of one", two]);
  expect(await resolveAll([one, two], { hydrate: { below: 101 } })).toEqual([
    "value of one",
    "value of two",
  ]);
});

test("everything that is no plain container is left alone, with what is in it", async () => {
  class Own {
    readonly ref = one;
  }
  const others = [
    new Error("x"),
    new URL("http://localhost/"),
    new Date(0),
    /x/,
    Promise.resolve(one),
    new Blob(["x"]),
    new Uint8Array([1]),
    new ArrayBuffer(1),
    new Own(),
    new (class extends Set {})(),
    new WeakMap(),
    () => one,
    Symbol("x"),
  ];
  expect(await resolveAll(others)).toBe(others);
  const resolved = (await resolveAll([one, ...others])) as unknown[];
  for (const [n, other] of others.entries()) expect(resolved[n + 1]).toBe(other);
});

test("what users wrote is never a reference, whatever it looks like", async () => {
  const lookalikes = JSON.parse(
    `[{"$ref":"x"},{"$ref":"${one.blobId}","mime":"text/plain"},${JSON.stringify(one)},{"type":"ref"}]`,
  ) as unknown[];
  expect(lookalikes.some(isOutputRef)).toBe(false);
  expect(await resolveAll(lookalikes)).toBe(lookalikes);
  expect(isOutputRef(Object.create(one))).toBe(false);
});

test("a value that contains itself comes back untouched", async () => {
  const value: Record<string, unknown> = { one };
  value["self"] = [value];
  expect(await resolveAll(value)).toBe(value);
});

test("nesting may be deeper than the stack", async () => {
  let value: unknown = one;
  for (let depth = 0; depth < 100_000; depth += 1) value = depth % 2 ? [value] : { value };
  let resolved = await resolveAll(value);
  for (let depth = 0; depth < 100_000; depth += 1)
    resolved = Array.isArray(resolved) ? resolved[0] : (resolved as { value: unknown }).value;
  expect(resolved).toBe("value of one");
});

test("a part that stands in two places is resolved once and stays one part", async () => {
  const shared = { one };
  let count = 0;
  const refs = () => (count += 1);
  const resolved = (await resolveAll([shared, shared, one], { refs })) as unknown[];
  expect(resolved[0]).toBe(resolved[1]);
  expect(count).toBe(1);
});

test("no more are under way at one time than allowed", async () => {
  let running = 0;
  let most = 0;
  const refs = async () => {
    running += 1;
    most = Math.max(most, running);
    await nextTurn();
    running -= 1;
  };
  const many = Array.from({ length: 20 }, (_, n) => refOf(`ref ${n}`));
  await resolveAll(many, { refs, concurrency: 3 });
  expect(most).toBe(3);
});

describe("a reference whose bytes are gone", () => {
  test("is a placeholder on a page", async () => {
    const resolved = await resolveAll([one, gone], { dangling: "placeholder" });
    const placeholder = { missing: true, mime: "text/plain", name: null, bytes: 10 };
    expect(resolved).toEqual(["value of one", placeholder]);
  });

  test("leaves a whole value untouched: all are resolved, or none", async () => {
    const value = { one, deep: [gone], two };
    expect(await resolveAll(value, { dangling: "untouched" })).toBe(value);
  });

  test("is an error that names the port for the input of a job", async () => {
    await expect(resolveAll({ one, gone })).rejects.toMatchObject({
      code: "invalid_input",
      details: { port: "gone" },
    });
  });

  test("is not what another failure is", async () => {
    const refs = () => Promise.reject(new AppError("unavailable", "The store did not answer"));
    for (const dangling of ["placeholder", "untouched", "error"] as const)
      await expect(resolveAll([one], { refs, dangling })).rejects.toThrow("did not answer");
  });
});

test("a store serves as well as a function", async () => {
  const refs = { prefix: "from ", resolveRef: (ref: OutputRef) => `from ${ref.label}` };
  expect(await resolveAll([one], { refs })).toEqual(["from one"]);
});
