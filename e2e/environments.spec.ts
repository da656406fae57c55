import { findViolations } from "./support/find-violations.ts";
import { expect, test } from "./support/test.ts";

test("an environment is made, gets its secret, and is what a session on its repository has", async ({
  page,
  repositoryUrl,
}) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "New environment" }).click();
  const form = page.getByRole("form", { name: "New environment" });
  await expect(form.getByLabel("Name", { exact: true })).toBeFocused();
  await form.getByRole("button", { name: "Create environment" }).click();
  await expect(form.getByText("Give the environment a name.")).toBeVisible();
  await form.getByLabel("Name", { exact: true }).fill("Cider press");
  await form.getByLabel("Repositories", { exact: true }).fill(repositoryUrl);
  await form.getByRole("checkbox", { name: /^Taken by starts/ }).check();
  await form.getByRole("button", { name: "Create environment" }).click();

  await page.getByRole("button", { name: "Edit Cider press" }).click();
  const secrets = page.getByRole("region", { name: "Secrets of Cider press" });
  await secrets.getByRole("button", { name: "Add a secret" }).click();
  await secrets.getByLabel("Name of the secret").fill("PRESS_TOKEN");
  await secrets.getByLabel("Value").fill("apples-and-pears");
  await secrets.getByRole("button", { name: "Set secret" }).click();
  await expect(secrets.getByRole("listitem")).toContainText("PRESS_TOKEN");
  expect(await findViolations(page)).toEqual([]);
  expect(await page.content()).not.toContain("apples-and-pears");

  await page.goto("/");
  await page.getByLabel("Repository").fill(repositoryUrl);
  await page.getByLabel("Prompt").fill("Show me around");
  await expect(page.getByText("in the environment “Cider press”")).toBeVisible();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
  await expect(page.getByRole("banner").getByTitle("Environment: Cider press")).toBeVisible();
});
