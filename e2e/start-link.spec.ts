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

for (const [width, height] of [
  [390, 800],
  [1280, 720],
] as const) {
  test(`what will run, and the button, stay in sight at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const prompt = `Show me around. ${"Look into every corner of it. ".repeat(40)}`.trim();
    const query = new URLSearchParams({ repo: "owner/name", branch: "main", prompt });
    await page.goto(`/?${query}`);
    const start = page.getByRole("button", { name: "Start" });
    await expect(start).toBeFocused();
    await page.locator("form details").evaluate((details) => details.setAttribute("open", ""));
    await expect(page.getByLabel("Setup commands")).toBeVisible();
    await expect(start).toBeInViewport({ ratio: 1 });
    await expect(page.getByText("A link filled this in.")).toBeInViewport({ ratio: 1 });
    await expect(page.getByText("“Show me around.")).toBeInViewport({ ratio: 1 });
    await expect(page.getByText(/will work on owner\/name at main/)).toBeInViewport({ ratio: 1 });
    await page.getByLabel("Setup commands").focus();
    const covered = await page.getByLabel("Setup commands").evaluate((field) => {
      const { left, bottom } = field.getBoundingClientRect();
      return document.elementFromPoint(left + 20, bottom - 5) !== field;
    });
    expect(covered).toBe(false);
  });
}

test("a name that fills the page leaves the button in sight", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  const repo = `owner/${"name".repeat(480)}`;
  await page.goto(`/?${new URLSearchParams({ repo, prompt: "Show me around" })}`);
  await expect(page.getByRole("button", { name: "Start" })).toBeFocused();
  await expect(page.getByRole("button", { name: "Start" })).toBeInViewport({ ratio: 1 });
  await expect(page.getByText("A link filled this in.")).toBeInViewport({ ratio: 1 });
});

test("what nobody can see in a link is shown, and told beside the field", async ({ page }) => {
  const prompt = "Say \u202egninrom doog\u202c and\u200b leave";
  const query = new URLSearchParams({ repo: "owner/na\u2066me", prompt });
  await page.goto(`/?${query}`);
  await expect(
    page.getByText("“Say ⟨U+202E⟩gninrom doog⟨U+202C⟩ and⟨U+200B⟩ leave”"),
  ).toBeVisible();
  await expect(page.getByText("owner/na⟨U+2066⟩me")).toBeVisible();
  await expect(page.getByLabel("Prompt")).toHaveAccessibleDescription(
    /3 characters that you do not see here/,
  );
  await page.getByRole("button", { name: "Take them out" }).click();
  await expect(page.getByLabel("Prompt")).toHaveValue("Say gninrom doog and leave");
  await expect(page.getByRole("button", { name: "Take them out" })).toHaveCount(0);
  await expect(page.getByLabel("Prompt")).toBeFocused();
});

test("a link without a repository says what it did, and asks for one", async ({ page }) => {
  await page.goto(`/?${new URLSearchParams({ prompt: "Show me around" })}`);
  await expect(page.getByLabel("Repository")).toBeFocused();
  await expect(page.getByText("A link filled this in.")).toBeInViewport({ ratio: 1 });
  await expect(page.getByText("“Show me around”")).toBeInViewport({ ratio: 1 });
});

test("a link that was opened by somebody signed out is gone back to", async ({ app, browser }) => {
  const context = await browser.newContext({ baseURL: app.url });
  const page = await context.newPage();
  const prompt = "Grüße & “quotes”; 100 %";
  await page.goto(`/?${new URLSearchParams({ repo: "owner/name", prompt })}`);
  await expect(page.getByRole("heading", { name: "Open the address" })).toBeVisible();
  await expect.poll(async () => (await context.cookies(`${app.url}/sign-in`)).length).toBe(1);
  await page.goto(app.signInUrl);
  await expect(page.getByLabel("Prompt")).toHaveValue(prompt);
  expect(await context.cookies(`${app.url}/sign-in`)).toHaveLength(1);
  await context.close();
});
