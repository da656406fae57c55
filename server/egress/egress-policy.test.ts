import { describe, expect, test } from "vitest";
import { decideEgress, type EgressPolicy } from "./egress-policy.ts";

const policy: EgressPolicy = {
  allowedHosts: ["api.example.com", "*.packages.example", "git.example.com:9418"],
  allowedPrivateHosts: ["127.0.0.1:8080", "models.local"],
  ownRoutes: ["http://127.0.0.1:3000/api/v1/sessions/ses_1/outputs"],
};

const decide = (hostname: string, port = 443) =>
  decideEgress(policy, { hostname, port, url: null });

const decideUrl = (text: string) => {
  const url = new URL(text);
  return decideEgress(policy, { hostname: url.hostname, port: Number(url.port || 80), url });
};

describe("a name", () => {
  test.each([
    ["api.example.com", 443],
    ["API.Example.com.", 80],
    ["npm.packages.example", 443],
    ["a.b.packages.example", 443],
    ["git.example.com", 9418],
  ])("%s:%i is allowed, at the addresses that were looked at", (hostname, port) => {
    expect(decide(hostname, port)).toBe("pinned");
  });

  test.each([
    ["example.com", 443],
    ["api.example.com.evil.test", 443],
    ["evilapi.example.com", 443],
    ["packages.example", 443],
    ["evilpackages.example", 443],
    ["api.example.com", 22],
    ["git.example.com", 443],
    ["", 443],
  ])("%s:%i is refused", (hostname, port) => {
    expect(decide(hostname, port)).toBeNull();
  });
});

test("a private address is refused even where its text is in the list", () => {
  const listed = { ...policy, allowedHosts: ["169.254.169.254", "[::1]", "8.8.8.8"] };
  const decideListed = (hostname: string) =>
    decideEgress(listed, { hostname, port: 80, url: null });
  expect(["169.254.169.254", "[::1]", "8.8.8.8"].map(decideListed)).toEqual([null, null, "pinned"]);
});

test("what the configuration calls private is allowed at its port only", () => {
  expect([decide("127.0.0.1", 8080), decide("models.local", 11_434)]).toEqual([
    "private",
    "private",
  ]);
  expect([decide("127.0.0.1", 5432), decide("127.0.0.1", 3000)]).toEqual([null, null]);
});

test("our own route is allowed with what is below it, and nothing beside it", () => {
  const base = "http://127.0.0.1:3000/api/v1/sessions/ses_1";
  expect([`${base}/outputs`, `${base}/outputs/screenshot?x=1`].map(decideUrl)).toEqual([
    "private",
    "private",
  ]);
  for (const address of [
    base,
    `${base}/outputs-of-others`,
    `${base}/outputs/../export`,
    `${base}/outputs/%2e%2e/export`,
    "http://127.0.0.1:3001/api/v1/sessions/ses_1/outputs",
    "http://localhost:3000/api/v1/sessions/ses_1/outputs",
    "http://127.0.0.1:3000/api/v1/sessions/ses_2/outputs",
  ])
    expect(decideUrl(address), address).toBeNull();
  // A tunnel could carry a request for anything.
  expect(decide("127.0.0.1", 3000)).toBeNull();
});
