import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findServerOrigin, noteServerOrigin, serverOrigin } from "./server-origin.ts";

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-origin-"));
});
afterAll(() => rm(dataDir, { recursive: true }));

test.each([
  [{ PUBLIC_URL: undefined, HOST: "127.0.0.1" }, "http://127.0.0.1:3000"],
  [{ PUBLIC_URL: undefined, HOST: "::1" }, "http://[::1]:3000"],
  [{ PUBLIC_URL: "https://millrace.example/", HOST: "::1" }, "https://millrace.example"],
])("%j is reached at %s", (environment, origin) => {
  expect(serverOrigin(environment, 3000)).toBe(origin);
});

test("the last server of a folder is found until it takes its own note back", async () => {
  expect(await findServerOrigin(dataDir)).toBeNull();
  const forgetFirst = await noteServerOrigin(dataDir, "http://127.0.0.1:1");
  const forgetLast = await noteServerOrigin(dataDir, "http://127.0.0.1:2");
  await forgetFirst();
  expect(await findServerOrigin(dataDir)).toBe("http://127.0.0.1:2");
  await forgetLast();
  expect(await readdir(dataDir)).toEqual([]);
});
