import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { createRequestGuard } from "./request-guard.ts";

const guard = createRequestGuard(
  { HOST: "127.0.0.1", PUBLIC_URL: "https://agents.example.org" },
  3000,
);

const request = (headers: Record<string, string>, method = "POST") =>
  ({ method, headers }) as unknown as IncomingMessage;

test.each([
  "127.0.0.1:3000",
  "localhost:3000",
  "LOCALHOST:3000",
  "[::1]:3000",
  "agents.example.org",
])("answers under %s", (host) => {
  expect(() => guard.requireHost(request({ host }))).not.toThrow();
});

test.each(["evil.example", "127.0.0.1:3001", "localhost", "localhost:3000.evil.example", ""])(
  "does not answer under %j, as after DNS rebinding",
  (host) => {
    expect(() => guard.requireHost(request({ host }))).toThrow("under that name");
  },
);

test("without a Host there is no answer", () => {
  expect(() => guard.requireHost(request({}))).toThrow("under that name");
});

test.each([
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://127.0.0.1:3001" },
  { "sec-fetch-site": "same-origin", origin: "https://evil.example" },
])("a change is refused to %j", (headers) => {
  expect(() => guard.requireSameOrigin(request(headers as Record<string, string>))).toThrow(
    "Another site",
  );
});

test.each([
  {},
  { "sec-fetch-site": "same-origin", origin: "http://localhost:3000" },
  { origin: "https://agents.example.org" },
  { "sec-fetch-site": "none" },
])("a change is allowed to %j", (headers) => {
  expect(() => guard.requireSameOrigin(request(headers as Record<string, string>))).not.toThrow();
});

test("reading is nobody's change", () => {
  const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  expect(() => guard.requireSameOrigin(request(headers, "GET"))).not.toThrow();
  expect(guard.isAllowedOrigin("https://evil.example")).toBe(false);
});
