import { writeFile } from "node:fs/promises";
import { runMillrace } from "./support/run-millrace.ts";
import { expect, test } from "./support/test.ts";

test("a file that is pushed from the command line is read in the browser", async ({
  app,
  page,
}, testInfo) => {
  const { stdout: token } = await runMillrace(app, ["token", "create"]);
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

  const pushed = await runMillrace(app, ["push", file], { MILLRACE_TOKEN: token });
  expect(pushed).toMatchObject({ code: 0, stderr: expect.stringContaining("5 items stored") });
  await page.goto(pushed.stdout);
  await expect(page.getByRole("article").getByText(text)).toBeVisible();
  await expect(page.getByText("Are they ripe?")).toBeVisible();
});

test("what cannot be pushed says why, with an exit code of its own", async ({ app }, testInfo) => {
  const { stdout: token } = await runMillrace(app, ["token", "create", "--scope", "read"]);
  const file = testInfo.outputPath("session.json");
  await writeFile(file, "[]");
  const withoutScope = await runMillrace(app, ["push", file], { MILLRACE_TOKEN: token });
  expect(withoutScope).toMatchObject({ code: 1, stderr: expect.stringContaining("ingest") });
  const withoutToken = await runMillrace(app, ["push", file]);
  expect(withoutToken).toMatchObject({ code: 2, stderr: expect.stringContaining("API token") });
  const nowhere = await runMillrace(app, ["push", "/nowhere.json"], { MILLRACE_TOKEN: token });
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("/nowhere.json") });
});
