import { expect, test } from "vitest";
import { createProcessDriver } from "./process-driver.ts";
import { tryDriver } from "./try-driver.ts";

test("a machine on which no sandbox can be prepared is told why, and not stopped", async () => {
  const prepare = () => Promise.reject(new Error("EPERM: operation not permitted, chown"));
  expect(await tryDriver({ ...createProcessDriver(), prepare })).toBe(
    "EPERM: operation not permitted, chown",
  );
});
