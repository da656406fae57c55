import { expect, test } from "vitest";
import { curlLine } from "./curl-line.ts";

const secret = "mrt_x";
const origin = "https://mill.example";
const header = "-H 'Authorization: Bearer mrt_x'";

test("a token that may bring in sends a file into a session of its own", () => {
  const { command } = curlLine(origin, { secret, scopes: ["ingest", "read"] }) ?? {};
  expect(command).toContain(header);
  expect(command).toMatch(/-T session\.json .*\/api\/v1\/sessions\/ses_\w{26}\/ingest$/);
});

test("a token that may only read follows a session, one that may do neither has no line", () => {
  const { command } = curlLine(origin, { secret, scopes: ["read", "start"] }) ?? {};
  expect(command).toBe(`curl -N ${header} ${origin}/api/v1/sessions/SESSION/events`);
  expect(curlLine(origin, { secret, scopes: ["start"] })).toBeNull();
});
