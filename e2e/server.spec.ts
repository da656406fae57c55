import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as withoutServer } from "@playwright/test";
import { findFreePort } from "./support/free-port.ts";
import { findProcessesIn } from "./support/processes.ts";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { expectStatus, ownArticles, postAsPage, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const root = path.resolve(import.meta.dirname, "..");

function spawnServer(environment: Record<string, string>) {
  const env = { PATH: process.env["PATH"], NODE_ENV: "production" as const, ...environment };
  return spawn(process.execPath, ["dist/server.mjs"], { cwd: root, env });
}

/** Starts the server with variables that stop it, and returns what it said, its exit code and how long it took. */
async function startWrong(environment: Record<string, string>) {
  const startedAtMs = performance.now();
  const child = spawnServer(environment);
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

withoutServer("test hooks are refused beside a public address", async () => {
  const variables = { TEST_HOOKS: "1", PUBLIC_URL: "https://millrace.example" };
  const { output, code } = await startWrong(variables);
  expect(output).toContain("TEST_HOOKS");
  expect(code).not.toBe(0);
});

withoutServer("SIGTERM during the start ends it with exit code 0 and nothing is left", async () => {
  const dataPath = await mkdtemp(path.join(tmpdir(), "millrace-e2e-"));
  // The embedded database runs under another identity when the tests run as root.
  await chmod(dataPath, 0o755);
  const port = await findFreePort();
  const child = spawnServer({ PORT: String(port), DATA_DIR: dataPath });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const exited = once(child, "exit");
  await expect.poll(() => statusOf(`http://127.0.0.1:${port}/healthz`)).toBe(200);
  child.kill("SIGTERM");
  expect(await exited, output).toEqual([0, null]);
  expect(output).not.toContain("sign-in");
  expect(await findProcessesIn(dataPath)).toEqual([]);
  await rm(dataPath, { recursive: true });
});

/** Null when nobody answers. */
const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => null,
  );

test("a second start on a port that is taken is told so, and the first goes on", async ({
  app,
  request,
}) => {
  const { port } = new URL(app.url);
  const { output, code } = await startWrong({ PORT: port, DATA_DIR: app.dataPath });
  expect(output).toContain(`PORT: ${port} is in use`);
  expect(output).not.toContain("    at ");
  expect(code).toBe(1);
  expect((await request.get(`${app.url}/readyz`)).status()).toBe(200);
});

test("no address that a page asks for ends the server", async ({ app, page }) => {
  await page.evaluate(async (host) => {
    for (const target of ["//", "///", "/%", "//evil.example", "/api/v1/nothing"]) {
      const socket = new WebSocket(`ws://${host}${target}`);
      await new Promise((resolve) => socket.addEventListener("close", resolve));
    }
  }, new URL(app.url).host);
  const answers = await Promise.all(["//", "/%", "/a//b"].map((url) => statusOf(app.url + url)));
  for (const status of answers) expect(status).toBeLessThan(500);
  expect(await statusOf(`${app.url}/readyz`)).toBe(200);
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

test("SIGTERM answers whoever waits for a session, and does not wait for it", async ({
  app,
  page,
  repositoryUrl,
}) => {
  const starting = postAsPage(page, "/api/trpc/session.start", {
    prompt: "Look around",
    repository: repositoryUrl,
    setupCommands: ["sleep 60"],
    mode: "sync",
  });
  await expect
    .poll(async () => (await page.request.get("/api/trpc/session.list?input={}")).text())
    .toContain("ses_");
  const stopping = app.stop();
  expect((await starting).status).toBe(200);
  expect(await stopping).toBe(0);
});

test.describe("with an agent that does not listen", () => {
  test.use({
    serverEnvironment: async ({ agent }, use) => {
      await agent.gates.close("turn");
      await use(agent.environment);
    },
  });

  test("SIGTERM in the middle of its turn ends the agent too, and the page says so", async ({
    app,
    page,
    agent,
    repositoryUrl,
  }) => {
    await startByRequest(page, {
      prompt: "Look around",
      agent: RECORDING_AGENT,
      repository: repositoryUrl,
    });
    await expectStatus(page, "working");
    expect(await app.findChildren()).not.toEqual([]);
    expect(await app.stop()).toBe(0);
    expect(await app.findChildren()).toEqual([]);

    await app.restart();
    await page.reload();
    await expect(ownArticles(page)).toContainText(
      "Stopped before it was done: The server was stopped",
    );
    expect(await agent.readPrompts()).toEqual(["Look around"]);
  });
});

test("a killed server starts again on the data that it left", async ({ app, page }) => {
  await app.kill9();
  await app.restart();
  await page.goto("/");
  await expect(page.getByLabel("Prompt")).toBeVisible();
});
