import { expectStatus, ownArticles } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

test("a link fills the form, sends nothing, and starts on Enter", async ({
  page,
  repositoryUrl,
}) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("session.start"))
      sent.push(request.url());
  });

  const query = new URLSearchParams({ repo: repositoryUrl, prompt: "Show me around" });
  await page.goto(`/?${query}`);
  await expect(page.getByLabel("Repository")).toHaveValue(repositoryUrl);
  await expect(page.getByLabel("Prompt")).toHaveValue("Show me around");
  await expect(page.getByRole("button", { name: "Start" })).toBeFocused();
  expect(sent).toEqual([]);

  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sessions\/ses_/);
  await expect(ownArticles(page)).toContainText("Show me around");
  expect(sent).toHaveLength(1);
  await expectStatus(page, "idle");
});

test("markup in a link stays text", async ({ page }) => {
  const prompt = `<img src=x onerror="document.title='owned'"> & "quotes"`;
  await page.goto(`/?${new URLSearchParams({ repo: "owner/name", prompt })}`);
  await expect(page.getByLabel("Prompt")).toHaveValue(prompt);
  await expect(page).not.toHaveTitle("owned");
});
