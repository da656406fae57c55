import { expect, test } from "vitest";
import type { AgentRequest } from "#lib/agent-request.ts";
import { announceRequests, requestWords } from "./request-words.ts";

const request = (change: Partial<AgentRequest> = {}): AgentRequest => ({
  requestId: "req_1",
  kind: "permission",
  toolKind: "execute",
  title: "npm test",
  summary: "npm test",
  options: [],
  fields: [],
  canAllowAlways: true,
  createdAt: "2026-11-20T12:00:00.000Z",
  ...change,
});

test("says what the agent wants, also where it names a kind that we do not know", () => {
  expect(requestWords(request())).toBe("The agent wants to run a command");
  expect(requestWords(request({ toolKind: "constructor" }))).toBe("The agent wants to use a tool");
  expect(requestWords(request({ toolKind: null }))).toBe("The agent wants to use a tool");
  expect(requestWords(request({ kind: "question" }))).toBe("The agent has a question");
});

test("reads out the first of what is asked, and how much more there is", () => {
  expect(announceRequests([])).toBeNull();
  expect(announceRequests([request()])).toBe(
    "Needs you. The agent wants to run a command: npm test",
  );
  expect(announceRequests([request(), request(), request()])).toMatch(/npm test, and 2 more$/);
});
