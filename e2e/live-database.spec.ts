import type { Browser } from "@playwright/test";
import { startApp, type App } from "./support/app.ts";
import { findDatabaseUrl } from "./support/database-lock.ts";
import { expectStatus, ownArticles, startByRequest } from "./support/session-page.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { expect, signIn, test } from "./support/test.ts";

/** A second server on the database of the first one, which can be taken away from it, and a page of it. */
async function openSecond(app: App, browser: Browser, environment: Record<string, string> = {}) {
  const databaseUrl = new URL(await findDatabaseUrl(app.dataPath));
  const proxy = await startTcpProxy(Number(databaseUrl.port));
  databaseUrl.port = String(proxy.port);
  const second = await startApp({ DATABASE_URL: databaseUrl.href, ...environment });
  const context = await browser.newContext({ baseURL: second.url });
  const page = await context.newPage();
  await signIn(page, second);
  const close = async () => {
    await context.close();
    await second.dispose();
    await proxy.cut();
  };
  return { page, proxy, close };
}

test("a page says that the database is away, and comes back with it", async ({ app, browser }) => {
  const { page, proxy, close } = await openSecond(app, browser);

  for (const address of ["/", "/sessions"]) {
    await page.goto(address);
    await proxy.cut();
    await page.reload();
    const title = page.getByRole("heading", { name: "The server cannot reach its database" });
    await expect(title).toBeVisible();
    await proxy.mend();
    await expect(async () => {
      await page.getByRole("button", { name: "Try again" }).click();
      await expect(title).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    await expect(page.getByRole("link", { name: "Sessions", exact: true })).toBeVisible();
  }
  await close();
});

test("an open session is offline while the database is away, and keeps what it shows", async ({
  app,
  browser,
  gitServer,
  repositoryUrl,
}) => {
  const allowed = { ALLOWED_PRIVATE_HOSTS: new URL(gitServer.url).host };
  const { page, proxy, close } = await openSecond(app, browser, allowed);
  await startByRequest(page, { repository: repositoryUrl, prompt: "Look around." });
  await expectStatus(page, "idle");
  const connection = page.getByRole("banner").locator("[data-connection]");
  await expect(connection).toHaveText("Live");

  await proxy.cut();
  await expect(connection).toHaveText(/^Offline since /);
  await expect(ownArticles(page)).toContainText("Look around.");
  await proxy.mend();
  await expect(connection).toHaveText("Live", { timeout: 30_000 });
  await close();
});
