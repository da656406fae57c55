import { afterAll, beforeAll, expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import { createSignInLink } from "#server/accounts/sign-in.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

/** Signs in where a browser remembers `path`. */
async function signInFrom(path: string, token?: string) {
  const link = await createSignInLink(web.server.services.database, localOwner.userId);
  const cookie = `millrace_return=${encodeURIComponent(path)}`;
  return fetch(`${web.url}/sign-in?token=${token ?? link}`, {
    headers: { cookie },
    redirect: "manual",
  });
}

test("signing in goes back to the page that was asked for, and forgets it", async () => {
  const path = "/?repo=owner/name&prompt=Gr%C3%BC%C3%9Fe";
  const answer = await signInFrom(path);
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe(path);
  expect(answer.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^millrace_login=/),
    expect.stringMatching(/^millrace_return=; .*Max-Age=0$/),
  ]);
});

test.each(["https://evil.example/", "//evil.example/", "/\\evil.example", "/.//evil.example"])(
  "signing in never leads to %s",
  async (path) => {
    expect((await signInFrom(path)).headers.get("location")).toBe("/");
  },
);

test("a token that signs nobody in leaves the page remembered", async () => {
  const answer = await signInFrom("/sessions", "unknown");
  expect(answer.headers.get("location")).toBe("/sign-in?expired=1");
  expect(answer.headers.getSetCookie()).toEqual([]);
});
