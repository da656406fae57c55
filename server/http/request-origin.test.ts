import { expect, test } from "vitest";
import { requestOrigin } from "./request-origin.ts";

test.each([
  ["https://millrace.example/", "localhost:3000", "https://millrace.example"],
  [undefined, "localhost:3000", "http://localhost:3000"],
  [undefined, "[::1]:3000", "http://[::1]:3000"],
])("a server of %j that is asked as %s is at %s", (PUBLIC_URL, host, origin) => {
  expect(requestOrigin({ PUBLIC_URL }, { headers: { host } })).toBe(origin);
});
