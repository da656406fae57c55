import { spawn } from "node:child_process";
import path from "node:path";
import { test as withoutServer } from "@playwright/test";
import { findProcessesIn } from "./support/processes.ts";
import { expect, test } from "./support/test.ts";

const root = path.resolve(import.meta.dirname, "..");

/** Starts the server with variables that stop it, and returns what it said, its exit code and how long it took. */
async function startWrong(environment: Record<string, string>) {
  const startedAtMs = performance.now();
  const env = { PATH: process.env["PATH"], NODE_ENV: "production" as const, ...environment };
  const child = spawn(process.execPath, ["dist/server.mjs"], { cwd: root, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { output, code, elapsedMs: performance.now() - startedAtMs };
}

withoutServer("a wrong variable stops the start within two seconds and is named", async () => {
  const { output, code, elapsedMs } = await startWrong({ PORT: "many" });
  expect(output).toContain("PORT");
  expect(output).not.toContain("    at ");
  expect(code).not.toBe(0);
  expect(elapsedMs).toBeLessThan(2_000);
});

withoutServer("an address that is not loopback is refused in local mode", async () => {
  const { output, code } = await startWrong({ HOST: "0.0.0.0" });
  expect(output).toContain("HOST");
  expect(code).not.toBe(0);
});

test("health and readiness answer, and a foreign host name does not", async ({ app, request }) => {
  expect((await request.get(`${app.url}/healthz`)).status()).toBe(200);
  expect((await request.get(`${app.url}/readyz`)).status()).toBe(200);

  const rebound = await request.get(`${app.url}/`, { headers: { host: "evil.example" } });
  expect(rebound.status()).toBeGreaterThanOrEqual(400);
});

test("SIGTERM ends the server with exit code 0 and nothing is left", async ({ app }) => {
  expect(await app.stop()).toBe(0);
  expect(await findProcessesIn(app.dataPath)).toEqual([]);
});

test("a killed server starts again on the data that it left", async ({ app, page }) => {
  await app.kill9();
  await app.restart();
  await page.goto("/");
  await expect(page.getByLabel("Prompt")).toBeVisible();
});
