import { readFile } from "node:fs/promises";
import { findViolations } from "./support/find-violations.ts";
import { readLayoutShifts, watchLayoutShifts } from "./support/layout-shifts.ts";
import { expectStatus, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";
import { openToolOutput } from "./support/tool-output.ts";

test("what an agent writes and what a tool sends is seen where it came out, in the list, and kept", async ({
  page,
  repositoryUrl,
}) => {
  const sessionId = await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@say Done\n@write outputs/report.txt",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
    setupCommands: ["mkdir -p outputs"],
  });
  await expectStatus(page, "idle");
  const cards = page.getByRole("article", { name: "Outputs of this turn" });
  const report = cards.getByRole("listitem").filter({ hasText: "report.txt" });
  await expect(report).toContainText(/Complete\s*18 B · text\/plain/);

  // A tool that still makes its log: the lines come, and the card stays as high as it is.
  const log = await openToolOutput(page, `${sessionId}/outputs/build.log`, "text/plain");
  log.write("first line\n");
  const card = cards.getByRole("listitem").filter({ hasText: "build.log" });
  await expect(card).toContainText("Being written");
  await expect(card.getByRole("group", { name: "Last lines" })).toContainText("first line");
  const before = await card.boundingBox();
  await watchLayoutShifts(page);
  log.write(`${"another line\n".repeat(200)}last line\n`);
  await expect(card.getByText("last line")).toBeInViewport();
  expect(await log.end()).toBe(201);
  await expect(card).toContainText("Complete");
  expect(await card.boundingBox()).toEqual(before);
  expect((await readLayoutShifts(page)).sum).toBeLessThan(0.01);

  await page.keyboard.press("u");
  const panel = page.getByRole("complementary", { name: "Outputs" });
  const listed = panel.getByRole("list", { name: "Outputs" }).getByRole("listitem");
  await expect(listed).toHaveText([/^build\.log/, /^report\.txt/]);
  await panel.getByLabel("Find by name").fill("REPORT");
  await expect(listed).toHaveText([/^report\.txt/]);
  await panel.getByLabel("Kind").selectOption("Pictures");
  await expect(panel).toContainText("No output is like this.");
  await panel.getByRole("button", { name: "Show all" }).click();
  await expect(listed).toHaveCount(2);
  expect(await findViolations(page)).toEqual([]);

  const started = page.waitForEvent("download");
  await panel.getByRole("link", { name: "Download report.txt" }).click();
  const file = await started;
  expect(file.suggestedFilename()).toBe("report.txt");
  expect(await readFile(await file.path(), "utf8")).toBe("Written by a test\n");
  await panel.getByRole("button", { name: /^report\.txt/ }).click();
  const opened = page.getByRole("dialog", { name: "report.txt" });
  await expect(opened.getByRole("group", { name: "Content" })).toHaveText("Written by a test");
  expect(await findViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(opened).toHaveCount(0);

  // What is there already takes its place with the turn.
  await watchLayoutShifts(page);
  await page.reload();
  await expect(cards.getByRole("listitem")).toHaveCount(2);
  await page.waitForLoadState("networkidle");
  expect((await readLayoutShifts(page)).sum).toBeLessThan(0.01);
});
