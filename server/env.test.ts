import { expect, test } from "vitest";
import { EnvironmentError, readEnvironment } from "./env.ts";

test("all wrong variables are named at once, without their values", () => {
  const read = () => readEnvironment({ PORT: "hunter2", LEASE_MS: "-1" });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(/^PORT: [^\n]*\nLEASE_MS: [^\n]*$/);
  expect(read).not.toThrow(/hunter2/);
});

const number = "must be a whole number";
const ms = "of milliseconds from";

test.each([
  ["PORT", "abc", `${number} from 0 to 65535`],
  ["PORT", "65536", `${number} from 0 to 65535`],
  ["PORT", "1e3", `${number} from 0 to 65535`],
  ["MAX_ACTIVE_SESSIONS", "0", `${number} of at least 1`],
  ["INGEST_CONCURRENCY", "1.5", `${number} of at least 1`],
  ["BATCH_INGEST_CONCURRENCY", "0", `${number} of at least 1`],
  ["BATCH_INGEST_CONCURRENCY", "-1", `${number} of at least 1`],
  ["BATCH_INGEST_CONCURRENCY", "1.5", `${number} of at least 1`],
  ["BATCH_INGEST_CONCURRENCY", "ten", `${number} of at least 1`],
  ["BATCH_KEPT_DAYS", "0", `${number} of days from 1 to 36500`],
  ["MIN_FREE_DISK_BYTES", "2 GB", `${number} of bytes of at least 1`],
  ["LEASE_MS", "1", `${number} ${ms} 1000 to 2147483647`],
  ["DRAIN_MS", "99999999999", `${number} ${ms} 1 to 2147483647`],
  ["ROLE", "x", "must be web, worker, or both with a comma between them"],
  ["ROLE", "x,y", "must be web, worker, or both with a comma between them"],
  ["ROLE", ",", "must be web, worker, or both with a comma between them"],
  ["TEST_HOOKS", "yes", "must be 0 or 1"],
  ["LOG_LEVEL", "loud", "must be one of trace, debug, info, warn, error, silent"],
])("%s=%s is refused in plain words", (name, text, message) => {
  expect(() => readEnvironment({ [name]: text })).toThrow(
    new EnvironmentError(`${name}: ${message}`),
  );
});

test("an unknown agent as the default is refused before anything is started", () => {
  const AGENT_COMMANDS = '{"mine": {"command": "/opt/mine"}}';
  expect(() => readEnvironment({ DEFAULT_AGENT: "zzz", AGENT_COMMANDS })).toThrow(
    /^DEFAULT_AGENT: must be one of millrace, opencode, [^\n]*mine, or another id of AGENT_COMMANDS$/,
  );
  expect(readEnvironment({ DEFAULT_AGENT: "mine", AGENT_COMMANDS })).toMatchObject({
    DEFAULT_AGENT: "mine",
  });
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
