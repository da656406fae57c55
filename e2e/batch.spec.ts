import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { runMillrace } from "./support/run-millrace.ts";
import { expect, test } from "./support/test.ts";

test.use({
  serverEnvironment: async ({ agent }, use) => use(agent.environment),
});

test("a file of lines starts sessions from the command line, once however often it is sent", async ({
  app,
  agent,
  page,
  repositoryUrl,
}, testInfo) => {
  const { stdout: token } = await runMillrace(app, ["token", "create", "--scope", "start"]);
  const file = testInfo.outputPath("starts.ndjson");
  const starts = [
    { prompt: "Count the pears" },
    { prompt: "Count the plums", repository: `${repositoryUrl}-gone` },
    { prompt: "Count the quinces" },
  ];
  await writeFile(file, starts.map((start) => JSON.stringify(start)).join("\n"));
  const defaults = JSON.stringify({ repository: repositoryUrl, agent: RECORDING_AGENT });
  const args = ["batch", "start", file, "--defaults", defaults];

  const first = await runMillrace(app, args, { MILLRACE_TOKEN: token });
  expect(first).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^bat_/),
    stderr: expect.stringContaining("2 of 3 lines done, 1 failed"),
  });
  await writeFile(`${file}.gz`, gzipSync(starts.map((start) => JSON.stringify(start)).join("\n")));
  const again = await runMillrace(
    app,
    args.map((word) => (word === file ? `${file}.gz` : word)),
    { MILLRACE_TOKEN: token },
  );
  expect(again).toMatchObject({ code: 3, stdout: first.stdout });
  expect((await agent.readPrompts()).toSorted()).toEqual(["Count the pears", "Count the quinces"]);
  await page.goto("/sessions");
  await expect(page.getByRole("link", { name: "Count the quinces" })).toBeVisible();
});

test("a batch that nobody may send says why, with an exit code of its own", async ({
  app,
}, testInfo) => {
  const { stdout: token } = await runMillrace(app, ["token", "create", "--scope", "ingest"]);
  const file = testInfo.outputPath("starts.ndjson");
  await writeFile(file, '{"prompt":"Count the pears"}');
  const refused = await runMillrace(app, ["batch", "start", file], { MILLRACE_TOKEN: token });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("start") });
  const withoutToken = await runMillrace(app, ["batch", "start", file]);
  expect(withoutToken).toMatchObject({ code: 2, stderr: expect.stringContaining("--scope start") });
  const elsewhere = { MILLRACE_TOKEN: token };
  const nowhere = await runMillrace(app, ["batch", "import", "/nowhere.ndjson"], elsewhere);
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("/nowhere.ndjson") });
});
