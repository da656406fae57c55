import { expect, test } from "vitest";
import { readReturnCookie, returnCookie } from "./return-path.ts";

const name = "millrace_return";
const read = (path: string) => readReturnCookie(`a=b; ${name}=${encodeURIComponent(path)}; c=d`);

test.each([
  ["/?repo=owner/name&prompt=Gr%C3%BC%C3%9Fe", "/?repo=owner/name&prompt=Gr%C3%BC%C3%9Fe"],
  ["/sessions/ses_1#part", "/sessions/ses_1#part"],
  ["/?prompt=ü", "/?prompt=%C3%BC"],
  ["/a\r\nset-cookie: x=y", "/aset-cookie:%20x=y"],
  ["/?next=https://evil.example/", "/?next=https://evil.example/"],
])("%j is gone back to", (path, expected) => {
  expect(read(path)).toBe(expected);
});

test.each([
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "/.//evil.example/",
  "/x/..//evil.example/",
  "/%2e//evil.example/",
  "/\t/evil.example/",
  "\t//evil.example/",
  "javascript:alert(1)",
  "evil.example",
  "",
  "/",
  "/sign-in?token=x",
  "/sign-in",
  "/sign-out",
  "/api/v1/x",
])("%j is not", (path) => {
  expect(read(path)).toBeNull();
});

test("a cookie that is no text, or none, is nowhere", () => {
  expect(readReturnCookie(`${name}=%`)).toBeNull();
  expect(readReturnCookie(undefined)).toBeNull();
});

test("what is remembered is read again, and goes to nobody but who signs in", () => {
  const path = "/?prompt=a; b, c=d&x=“ü”";
  const cookie = returnCookie(path);
  expect(cookie).toMatch(/; Path=\/sign-in; SameSite=Lax; Max-Age=3600$/);
  expect(readReturnCookie(cookie?.split(";", 1)[0])).toBe(new URL(path, "http://x").href.slice(8));
});

test("an address that no browser keeps in a cookie is not remembered", () => {
  expect(returnCookie(`/?prompt=${"x".repeat(5_000)}`)).toBeNull();
  expect(returnCookie("/sign-in?expired=1")).toBeNull();
});
