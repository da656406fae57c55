import { expect, test } from "vitest";
import { EnvironmentError, readEnvironment } from "./env.ts";

test("all wrong variables are named at once, without their values", () => {
  const read = () => readEnvironment({ PORT: "hunter2", LEASE_MS: "-1" });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(/^PORT: [^\n]*\nLEASE_MS: [^\n]*$/);
  expect(read).not.toThrow(/hunter2/);
});

test("an S3 server needs a bucket, and half of a credential is refused", () => {
  const S3_ENDPOINT = "http://127.0.0.1:9000";
  expect(() => readEnvironment({ S3_ENDPOINT })).toThrow(/^S3_BUCKET: must be set/);
  expect(() => readEnvironment({ S3_ACCESS_KEY_ID: "key" })).toThrow(/^S3_SECRET_ACCESS_KEY: /);
  expect(() => readEnvironment({ S3_SECRET_ACCESS_KEY: "hunter2" })).not.toThrow(/hunter2/);
  expect(readEnvironment({ S3_ENDPOINT, S3_BUCKET: "files" })).toMatchObject({ S3_PREFIX: "" });
});

test.each(["/a/", "a", "a//", "/"])("the prefix %j in a bucket is refused", (S3_PREFIX) => {
  expect(() => readEnvironment({ S3_PREFIX })).toThrow(/^S3_PREFIX: must end with \//);
});

test("hooks for tests stay off where people reach the server at a public address", () => {
  const PUBLIC_URL = "https://millrace.example";
  expect(() => readEnvironment({ TEST_HOOKS: "1", PUBLIC_URL })).toThrow(/^TEST_HOOKS: must not/);
  expect(readEnvironment({ TEST_HOOKS: "0", PUBLIC_URL })).toMatchObject({ PUBLIC_URL });
  expect(readEnvironment({ TEST_HOOKS: "1" })).toMatchObject({ TEST_HOOKS: true });
});
