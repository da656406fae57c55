import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { environmentSchema, readEnvironment } from "#server/env.ts";

const text = readFileSync(path.resolve(import.meta.dirname, "../.env.example"), "utf8");
const lines = [...text.matchAll(/^# ([A-Z0-9_]+)=(.*)$/gm)];
const examples = lines.map(([, name = "", value = ""]) => ({ name, value }));

type Name = keyof typeof environmentSchema.shape;

test(".env.example names exactly the variables that are read", () => {
  const names = examples.map(({ name }) => name);
  // PATH is the system's own, not a setting of ours.
  const read = Object.keys(environmentSchema.shape).filter((name) => name !== "PATH");
  expect(names.toSorted()).toEqual(read.toSorted());
});

test.each(examples)(
  ".env.example shows the default of $name, or a valid value",
  ({ name, value }) => {
    const defaults = readEnvironment({});
    // All at once, because some go together only.
    const given = readEnvironment(Object.fromEntries(lines.map(([, ...entry]) => entry)));
    const fallback = defaults[name as Name];
    if (fallback === undefined) expect(given[name as Name]).toBe(value);
    else expect(given[name as Name]).toEqual(fallback);
  },
);
