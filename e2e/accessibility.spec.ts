import type { Page } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import { expectStatus, postAsPage, startByForm, statusMark } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

/** Links to the session that was started last: one that anybody may open, one with a password. */
async function shareTwice(page: Page): Promise<[string, string]> {
  const link = page.getByRole("link", { name: /Show me around/ }).first();
  const sessionId = (await link.getAttribute("href"))?.split("/").at(-1);
  const make = async (wishes: object) => {
    const { status, text } = await postAsPage(page, "/api/v1/shares", {
      sessionId,
      mode: "live",
      ...wishes,
    });
    expect(status, text).toBe(201);
    return (JSON.parse(text) as { url: string }).url;
  };
  return [await make({}), await make({ password: "a pear tree" })];
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("axe finds nothing serious on landing page, session, lists and shares", async ({
      page,
      repositoryUrl,
    }) => {
      await page.goto("/");
      expect(await findViolations(page), "landing page").toEqual([]);

      await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
      await expectStatus(page, "idle");
      expect(await findViolations(page), "finished session").toEqual([]);

      await page.goto("/sessions");
      await expect(page.getByRole("link", { name: /Show me around/ }).first()).toBeVisible();
      expect(await findViolations(page), "list").toEqual([]);

      const [open, locked] = await shareTwice(page);
      for (const place of ["/shares", "/trash", open, locked]) {
        await page.goto(place);
        await expect(page.getByRole("heading").first()).toBeVisible();
        expect(await findViolations(page), place).toEqual([]);
      }
    });
  });
}

test("axe finds nothing serious on a failed session", async ({ page, gitServer }) => {
  await startByForm(page, { repository: `${gitServer.url}/nowhere.git`, prompt: "Look" });
  await expectStatus(page, "failed");
  expect(await findViolations(page)).toEqual([]);
});

test("nothing scrolls sideways on a phone", async ({ page, repositoryUrl }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = () =>
    page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  expect(await overflow(), "landing page").toBe(0);
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");
  expect(await overflow(), "session").toBe(0);
  await page.goto("/sessions");
  expect(await overflow(), "list").toBe(0);
});

test("every fact of a session is in sight on the smallest phone", async ({
  page,
  repositoryUrl,
}) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");
  const facts = [
    statusMark(page),
    page.getByTitle("The last turn"),
    page.getByText("orchard", { exact: true }),
    page.getByText(/^Repository tour /),
    page.getByText(/^main → millrace\/show-me-around/),
  ];
  for (const fact of facts)
    await expect(fact.filter({ visible: true })).toBeInViewport({ ratio: 1 });
});

test("a session can be started with the keyboard alone", async ({ page, repositoryUrl }) => {
  await page.goto("/");
  await page.getByLabel("Prompt").focus();
  await page.keyboard.type("Show me around");
  await page.getByLabel("Repository").focus();
  await page.keyboard.type(repositoryUrl);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sessions\/ses_/);
});
