import type { Page } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import { expectStatus, startByForm } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const form = (page: Page) => page.getByRole("form", { name: "New token" });
const newToken = (page: Page) => page.getByRole("button", { name: "New token" });
const tokens = (page: Page) => page.getByRole("list", { name: "API tokens", exact: true });

/** Makes a token with the form and returns its secret. */
async function makeToken(page: Page, name: string, scopes: readonly string[]): Promise<string> {
  await newToken(page).click();
  await form(page).getByLabel("Name").fill(name);
  for (const scope of ["Bring in", "Read", "Start"]) {
    const box = form(page).getByRole("checkbox", { name: new RegExp(`^${scope}`) });
    await box.setChecked(scopes.includes(scope));
  }
  await form(page).getByRole("button", { name: "Create token" }).click();
  const secret = await page.getByLabel("The token", { exact: true }).innerText();
  expect(secret).toMatch(/^mrt_[0-9A-Za-z]{49}$/);
  return secret;
}

/** The path of the first item's body in the session on screen. */
async function findItemBody(page: Page): Promise<string> {
  const sessionId = new URL(page.url()).pathname.split("/")[2] ?? "";
  const input = encodeURIComponent(JSON.stringify({ sessionId }));
  const answer = await page.request.get(`/api/trpc/transcript.window?input=${input}`);
  const seq = /"seq":(\d+)/.exec(await answer.text())?.[1];
  return `/api/v1/sessions/${sessionId}/items/${seq}/body`;
}

test("a token reads a session from outside until it is revoked", async ({
  app,
  page,
  repositoryUrl,
}) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");
  const bodyPath = await findItemBody(page);
  const statusWith = async (secret: string) => {
    const headers = { authorization: `Bearer ${secret}` };
    return (await fetch(app.url + bodyPath, { headers })).status;
  };

  await page.goto("/");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("No program may act for you")).toBeVisible();

  const secret = await makeToken(page, "laptop", ["Read"]);
  await expect(page.getByRole("heading", { name: "Token “laptop” is made" })).toBeFocused();
  const command = page.getByLabel("Command", { exact: true });
  await expect(command).toContainText(`curl -N -H 'Authorization: Bearer ${secret}' ${app.url}/`);
  expect(await statusWith(secret)).toBe(200);
  expect(await statusWith(`${secret}x`)).toBe(401);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(newToken(page)).toBeFocused();

  const sender = await makeToken(page, "build machine", ["Bring in"]);
  await expect(command).toContainText(`curl -X POST -T session.json`);
  expect(await statusWith(sender)).toBe(403);

  await page.reload();
  await expect(page.locator("body")).not.toContainText(secret);
  await expect(tokens(page).getByRole("listitem")).toHaveCount(2);
  await expect(tokens(page)).toContainText("Last used");

  await page.getByRole("button", { name: "Revoke laptop" }).click();
  const question = page.getByRole("dialog", { name: "Revoke this token?" });
  await expect(question.getByRole("button", { name: "Keep it" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  expect(await statusWith(secret)).toBe(200);

  await page.getByRole("button", { name: "Revoke laptop" }).click();
  await question.getByRole("button", { name: "Revoke" }).click();
  await expect(
    page.getByRole("status").filter({ hasText: "Token “laptop” was revoked." }),
  ).toBeAttached();
  expect(await statusWith(secret)).toBe(401);
  await expect(tokens(page).getByRole("listitem")).toHaveCount(1);
  await page.getByText("One that ended").click();
  await expect(page.getByRole("list", { name: "Ended API tokens" })).toContainText("laptop");
});

test("a form that lacks something says so at its field", async ({ page }) => {
  await page.goto("/settings");
  await newToken(page).click();
  await expect(form(page).getByLabel("Name")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(form(page).getByText("Give the token a name.")).toBeVisible();
  await expect(form(page).getByLabel("Name")).toBeFocused();
  await form(page).getByLabel("Name").fill("laptop");
  await form(page)
    .getByRole("checkbox", { name: /^Bring in/ })
    .uncheck();
  await form(page).getByRole("button", { name: "Create token" }).click();
  await expect(form(page).getByText("Choose at least one.")).toBeVisible();
  await form(page).getByRole("button", { name: "Cancel" }).click();
  await expect(form(page)).toBeHidden();
  await expect(newToken(page)).toBeFocused();
});

test("a token is made and revoked with the keyboard alone", async ({ page }) => {
  await page.goto("/");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: /Find/ })).toBeFocused();
  await page.keyboard.type("api tokens");
  await expect(page.getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await newToken(page).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("laptop");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /is made/ })).toBeFocused();
  await page.getByRole("button", { name: "Revoke laptop" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(
    page.getByRole("status").filter({ hasText: "Token “laptop” was revoked." }),
  ).toBeAttached();
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("axe finds nothing serious on the settings page", async ({ page }) => {
      await page.goto("/settings");
      expect(await findViolations(page), "empty").toEqual([]);
      await newToken(page).click();
      await form(page).getByRole("button", { name: "Create token" }).click();
      expect(await findViolations(page), "form with an error").toEqual([]);
      await form(page).getByRole("button", { name: "Cancel" }).click();
      await makeToken(page, "laptop", ["Bring in", "Read", "Start"]);
      expect(await findViolations(page), "secret and list").toEqual([]);
      await page.getByRole("button", { name: "Revoke laptop" }).click();
      expect(await findViolations(page), "question").toEqual([]);
    });
  });
}

test.describe("on a small phone", () => {
  test.use({ viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });

  test("nothing of it scrolls sideways", async ({ page }) => {
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    await page.goto("/settings");
    expect(await overflow(), "empty").toBe(0);
    await newToken(page).click();
    expect(await overflow(), "form").toBe(0);
    await form(page).getByRole("button", { name: "Cancel" }).click();
    await makeToken(page, "the-machine-with-a-name-that-does-not-end-anywhere-soon", ["Bring in"]);
    expect(await overflow(), "secret and list").toBe(0);
  });
});
