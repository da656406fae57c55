import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { App } from "./support/app.ts";
import { expect, test } from "./support/test.ts";

const cli = path.resolve(import.meta.dirname, "../dist/cli.mjs");
const run = promisify(execFile);

/** What the command printed, with its exit code. */
async function millrace(app: App, args: string[], environment: Record<string, string> = {}) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: app.dataPath,
    DATA_DIR: app.dataPath,
    MILLRACE_URL: app.url,
    NODE_ENV: "production" as const,
    ...environment,
  };
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], { env });
    return { code: 0, stdout: stdout.trim(), stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout: stdout.trim(), stderr };
  }
}

test("a file that is pushed from the command line is read in the browser", async ({
  app,
  page,
}, testInfo) => {
  const { stdout: token } = await millrace(app, ["token", "create"]);
  expect(token).toMatch(/^mrt_/);
  const file = testInfo.outputPath("session.json");
  const text = "The pears are ripe";
  await writeFile(
    file,
    JSON.stringify({
      info: { id: "ses_elsewhere", title: "Harvest" },
      messages: [
        {
          info: { id: "msg_1", role: "user", time: { created: 1 } },
          parts: [{ id: "prt_1", messageID: "msg_1", type: "text", text: "Are they ripe?" }],
        },
        {
          info: { id: "msg_2", role: "assistant", time: { created: 2 } },
          parts: [{ id: "prt_2", messageID: "msg_2", type: "text", text }],
        },
      ],
    }),
  );

  const pushed = await millrace(app, ["push", file], { MILLRACE_TOKEN: token });
  expect(pushed).toMatchObject({ code: 0, stderr: expect.stringContaining("5 items stored") });
  await page.goto(pushed.stdout);
  await expect(page.getByRole("article").getByText(text)).toBeVisible();
  await expect(page.getByText("Are they ripe?")).toBeVisible();
});

test("what cannot be pushed says why, with an exit code of its own", async ({ app }, testInfo) => {
  const { stdout: token } = await millrace(app, ["token", "create", "--scope", "read"]);
  const file = testInfo.outputPath("session.json");
  await writeFile(file, "[]");
  const withoutScope = await millrace(app, ["push", file], { MILLRACE_TOKEN: token });
  expect(withoutScope).toMatchObject({ code: 1, stderr: expect.stringContaining("ingest") });
  const withoutToken = await millrace(app, ["push", file]);
  expect(withoutToken).toMatchObject({ code: 2, stderr: expect.stringContaining("API token") });
  const nowhere = await millrace(app, ["push", "/nowhere.json"], { MILLRACE_TOKEN: token });
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("/nowhere.json") });
});
