import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjectRoot } from "./find-project-root.ts";

test("finds the same folder from source and from the bundle, not from the working folder", () => {
  const root = findProjectRoot();
  expect(existsSync(join(root, "package.json"))).toBe(true);
  expect(findProjectRoot(join(root, "dist"))).toBe(root);
  expect(findProjectRoot(join(root, ".next", "server", "chunks"))).toBe(root);
});

test("says so when the migrations were not shipped", () => {
  expect(() => findProjectRoot("/")).toThrow("No folder above / has drizzle/migrations");
});
