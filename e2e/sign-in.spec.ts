import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startByForm } from "./support/session-page.ts";
import { expect, signIn, test } from "./support/test.ts";

test("signing out ends the login, its open pages, and nothing else", async ({
  page,
  app,
  browser,
  repositoryUrl,
  gitServer,
}) => {
  gitServer.hold();
  await startByForm(page, { repository: repositoryUrl, prompt: "A private matter" });
  const connection = page.getByRole("banner").locator("[data-connection]");
  await expect(connection).toHaveText("Live");
  const cookies = await page.context().cookies();

  const other = await page.context().newPage();
  await other.goto("/");
  await other.getByRole("button", { name: "Sign out" }).click();
  const dialog = other.getByRole("dialog", { name: "Sign out of this browser?" });
  await expect(dialog.getByRole("button", { name: "Stay signed in" })).toBeFocused();
  await dialog.getByRole("button", { name: "Sign out" }).click();
  await expect(other.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  await expect(other.getByText("npx millrace sign-in")).toBeVisible();

  await expect(page.getByText("You are signed out. Sign in again")).toBeVisible();
  await expect(connection).toHaveText("No longer live");
  expect(await page.context().cookies()).not.toContainEqual(
    expect.objectContaining({ name: "millrace_login" }),
  );
  const thief = await browser.newContext({ baseURL: app.url });
  await thief.addCookies(cookies);
  const stolen = await thief.newPage();
  await stolen.goto(page.url());
  await expect(stolen.getByText("A private matter")).toHaveCount(0);
  await thief.close();
  gitServer.release();
});

test("the palette of a session signs out too", async ({ page, repositoryUrl, gitServer }) => {
  gitServer.hold();
  await startByForm(page, { repository: repositoryUrl, prompt: "Look around" });
  await page.keyboard.press("Control+k");
  await page.getByLabel("Find a session or an action").fill("sign out");
  const found = page.getByRole("option", { name: "Sign out …" });
  await expect(found).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  gitServer.release();
});

test("a new address is had while the server goes on", async ({ page, app, browser }) => {
  await expect(page.getByLabel("Prompt")).toBeVisible();
  const { stdout } = await promisify(execFile)(process.execPath, ["dist/cli.mjs", "sign-in"], {
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      DATA_DIR: app.dataPath,
    },
  });
  const context = await browser.newContext({ baseURL: app.url });
  await signIn(await context.newPage(), { ...app, signInUrl: stdout.trim() });
  await context.close();
});

test("on a phone a menu of the top bar leads to the shares, the settings and out", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/sessions");
  const more = page.getByRole("button", { name: "More" });
  for (const name of ["Shares", "Settings"]) {
    await more.click();
    await page.getByRole("menuitem", { name }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
  await more.click();
  await page.getByRole("menuitem", { name: "Sign out …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
});
