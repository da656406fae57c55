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

for (const [width, height] of [
  [390, 700],
  [1280, 800],
] as const) {
  test(`what Enter would run is in sight at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const prompt = "Show me around, and tell me what is odd about this repository";
    const query = new URLSearchParams({ repo: "owner/name", branch: "main", prompt });
    await page.goto(`/?${query}`);
    await expect(page.getByRole("button", { name: "Start" })).toBeFocused();
    await expect(page.getByLabel("Prompt")).toBeInViewport({ ratio: 1 });
    await expect(page.getByText(`“${prompt}”`)).toBeVisible();
  });
}

test("a link without a prompt asks for one", async ({ page }) => {
  await page.goto(`/?${new URLSearchParams({ repo: "owner/name" })}`);
  await expect(page.getByLabel("Prompt")).toBeFocused();
});
