import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;

beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const json = { "content-type": "application/json" };

async function call(path: string, request: RequestInit = {}) {
  const headers = { cookie: web.cookie, ...(request.headers as Record<string, string>) };
  const response = await fetch(`${web.url}/api/trpc/${path}`, { ...request, headers });
  return { status: response.status, answer: await response.json() };
}

const start = (body: string, headers: Record<string, string> = json) =>
  call("session.start", { method: "POST", body, headers });

test("a mutation takes its input from the body, a query from the address", async () => {
  const { status, answer } = await start('{"prompt":"Look","repository":"a/b"}');
  expect(status).toBe(200);
  const { sessionId } = answer.result.data;
  const input = encodeURIComponent(JSON.stringify({ sessionId }));
  const read = await call(`session.get?input=${input}`);
  expect(read.answer.result.data).toMatchObject({ sessionId, title: "Look" });
});

test("nobody gets what is for the signed-in", async () => {
  const { status, answer } = await call("session.list?input={}", { headers: { cookie: "" } });
  expect(status).toBe(401);
  expect(answer.error.data.appCode).toBe("unauthorized");
});

test.each([
  ['{"prompt":', "The input is not JSON"],
  ["", "The request is not an object"],
  ['{"prompt":"","repository":"a/b"}', "Type what the agent should do"],
])("the input %j is refused in words", async (body, message) => {
  const { status, answer } = await start(body);
  expect(status).toBe(400);
  expect(answer.error.data.appCode).toBe("invalid_input");
  expect(answer.error.message).toContain(message);
});

test("input of another type than JSON is refused: a form of another site could send it", async () => {
  const { status } = await start('{"prompt":"Look","repository":"a/b"}', {
    "content-type": "text/plain",
  });
  expect(status).toBe(415);
});

test("input above 2 MiB is refused, and the connection ends", async () => {
  const response = await fetch(`${web.url}/api/trpc/session.start`, {
    method: "POST",
    headers: { cookie: web.cookie, ...json },
    body: new Uint8Array(2 * 1024 * 1024 + 1),
  });
  expect(response.status).toBe(413);
  expect(response.headers.get("connection")).toBe("close");
});

test.each([
  ["session.nope", "GET", 404],
  ["session.start", "GET", 404],
  ["session.list", "PUT", 405],
  ["a,b?batch=1", "GET", 404],
])("%s by %s is answered with %i", async (path, method, expected) => {
  const { status, answer } = await call(path, { method });
  expect(status).toBe(expected);
  expect(answer.error.message).not.toBe("");
});
