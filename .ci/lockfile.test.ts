import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createEntry, findMissing, type Lockfile } from "./lockfile.ts";

const text = readFileSync(path.resolve(import.meta.dirname, "../package-lock.json"), "utf8");

test("package-lock.json holds every package that `npm ci` asks for; `npm run lockfile` adds them", () => {
  expect(findMissing(JSON.parse(text) as Lockfile)).toEqual([]);
});

test("finds what is missing, and looks where Node.js looks", () => {
  const packages = {
    "": { dependencies: { a: "1.0.0" } },
    "node_modules/a": { dependencies: { b: "1.0.0", c: "1.0.0", "d-linux-x64": "2.0.0" } },
    "node_modules/a/node_modules/b": { dependencies: { c: "1.0.0" } },
    "node_modules/c": {},
  };
  expect(findMissing({ packages })).toEqual([{ name: "d-linux-x64", version: "2.0.0" }]);
});

test("reads system and processor from a name", () => {
  const entry = (name: string) => createEntry({ name, version: "1.0.0" });
  expect(entry("@x/swc-darwin-arm64")).toMatchObject({ os: ["darwin"], cpu: ["arm64"] });
  expect(entry("@x/y-linux-arm-musleabihf")).toMatchObject({ cpu: ["arm"], libc: ["musl"] });
  expect(entry("@x/y-wasm32-wasi")).toEqual({ version: "1.0.0", cpu: ["wasm32"], optional: true });
  expect(() => entry("left-pad")).toThrow("left-pad");
});
