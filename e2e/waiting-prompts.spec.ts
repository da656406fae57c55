import { startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const testAgent = { MILLRACE_BUILT_IN_TEST: "1" };

test.describe("where silence is told soon", () => {
  test.use({ serverEnvironment: { STALL_AFTER_MS: "1000" } });

  test("an agent that never says its first word is said to be silent, and can be stopped (#7)", async ({
    page,
    repositoryUrl,
  }) => {
    await startByRequest(page, {
      repository: repositoryUrl,
      prompt: "@hang",
      environment: testAgent,
    });
    const bar = page.getByRole("region", { name: "No sign of life" });
    await bar.getByRole("button", { name: "Stop the turn" }).click();
    await expect(bar).toBeHidden();
    await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  });
});
