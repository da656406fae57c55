import { expect, test } from "./support/test.ts";

const CLICKS = 12;

test("Start leads to the session's page at once, again and again", async ({
  page,
  gitServer,
  repositoryUrl,
}) => {
  test.setTimeout(180_000);
  gitServer.hold();
  const elapsedMs: number[] = [];
  for (let click = 0; click < CLICKS; click += 1) {
    await page.goto("/");
    await page.getByLabel("Repository").fill(repositoryUrl);
    await page.getByLabel("Prompt").fill(`Look, part ${click}`);
    const startedAtMs = performance.now();
    await page.getByRole("button", { name: "Start" }).click();
    await expect(page.getByRole("article", { name: "You" })).toContainText(`part ${click}`);
    elapsedMs.push(performance.now() - startedAtMs);
    await expect(page).toHaveURL(/\/sessions\/ses_/);
  }
  gitServer.release();

  const sorted = elapsedMs.toSorted((a, b) => a - b).map(Math.round);
  const at = (fraction: number) => sorted[Math.ceil(sorted.length * fraction) - 1];
  // The goal is a p95 below 500 ms; times are printed, not asserted.
  console.log(
    `click to session page: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, all ${sorted.join(" ")}`,
  );
});
