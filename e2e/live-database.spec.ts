import { startApp } from "./support/app.ts";
import { findDatabaseUrl } from "./support/database-lock.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { expect, signIn, test } from "./support/test.ts";

test("a page says that the database is away, and comes back with it", async ({ app, browser }) => {
  const databaseUrl = new URL(await findDatabaseUrl(app.dataPath));
  const proxy = await startTcpProxy(Number(databaseUrl.port));
  databaseUrl.port = String(proxy.port);
  const second = await startApp({ DATABASE_URL: databaseUrl.href });
  const context = await browser.newContext({ baseURL: second.url });
  const page = await context.newPage();
  await signIn(page, second);

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
  await context.close();
  await second.dispose();
  await proxy.cut();
});
