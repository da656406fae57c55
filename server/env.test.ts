import { expect, test } from "vitest";
import { EnvironmentError, readEnvironment } from "./env.ts";

test("all wrong variables are named at once, without their values", () => {
  const read = () => readEnvironment({ PORT: "hunter2", LEASE_MS: "-1" });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(/^PORT: [^\n]*\nLEASE_MS: [^\n]*$/);
  expect(read).not.toThrow(/hunter2/);
});

test("hooks for tests stay off where people reach the server at a public address", () => {
  const PUBLIC_URL = "https://millrace.example";
  expect(() => readEnvironment({ TEST_HOOKS: "1", PUBLIC_URL })).toThrow(/^TEST_HOOKS: must not/);
  expect(readEnvironment({ TEST_HOOKS: "0", PUBLIC_URL })).toMatchObject({ PUBLIC_URL });
  expect(readEnvironment({ TEST_HOOKS: "1" })).toMatchObject({ TEST_HOOKS: true });
});
