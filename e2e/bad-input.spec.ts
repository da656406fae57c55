import { postAsPage } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const hostile = [
  "",
  "not a repository",
  "ext::sh -c touch% /tmp/owned",
  "--upload-pack=touch /tmp/owned",
  "https://ada:secret@orchard.example/orchard.git",
  "https://orchard.example/orchard.git\nhttps://other.example/x.git",
  "http://127.0.0.1:1/orchard.git",
  "http://169.254.169.254/latest/meta-data",
  "http://[::1]:1/orchard.git",
  "owner/../name",
];

test("a hostile repository is refused at its field and makes no session", async ({ page }) => {
  for (const repository of hostile) {
    await test.step(JSON.stringify(repository), async () => {
      const answer = await postAsPage(page, "/api/trpc/session.start", {
        repository,
        prompt: "Look",
      });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain("repository");
      expect(answer.text).not.toContain("secret");
    });
  }
  await page.goto("/sessions");
  await expect(page.getByRole("link", { name: /Look/ })).toHaveCount(0);
});

test("an empty form says what is missing and stays", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Repository").fill("not a repository");
  await page.getByLabel("Prompt").fill("Look");
  await page.getByRole("button", { name: "Start" }).click();

  await expect(page.getByLabel("Repository")).toHaveAttribute("aria-invalid", "true");
  await expect(page).not.toHaveURL(/\/sessions\//);
});

test("a prompt above the limit is refused", async ({ page, repositoryUrl }) => {
  const answer = await postAsPage(page, "/api/trpc/session.start", {
    repository: repositoryUrl,
    prompt: "x".repeat(100_001),
  });
  expect(answer.status).toBe(400);
});

test("a request from another site changes nothing", async ({ page, app, repositoryUrl }) => {
  const response = await page.request.post(`${app.url}/api/trpc/session.start`, {
    headers: { origin: "https://evil.example" },
    data: { repository: repositoryUrl, prompt: "Look" },
  });
  expect(response.status()).toBe(403);
});
