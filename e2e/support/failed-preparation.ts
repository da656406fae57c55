import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, type Page } from "@playwright/test";
import type { App } from "./app.ts";
import { expectStatus, ownArticles, preparation } from "./session-page.ts";

export interface Failure {
  /** As in the headline: `clone the repository (2 of 6)`. */
  step: string;
  /** All that the step says about it. */
  message: string | RegExp;
}

/** The failed step says why, the prompt is still there, and both ways out are offered. */
export async function expectFailure(page: Page, { step, message }: Failure): Promise<void> {
  await expectStatus(page, "failed");
  await expect(preparation(page).getByRole("heading")).toHaveText(`Failed: ${step}`);
  await expect(preparation(page).getByLabel("Failed", { exact: true })).toBeVisible();
  await expect(preparation(page).getByRole("paragraph").first()).toHaveText(message);
  await expect(ownArticles(page)).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Discard" })).toBeVisible();
}

/** The failed attempt has taken its folder and its processes with it. */
export async function expectNothingLeft(app: App): Promise<void> {
  await expect.poll(app.findChildren).toEqual([]);
  // Made with the first workspace.
  const listWorkspaces = () => readdir(path.join(app.dataPath, "workspaces")).catch(() => []);
  await expect.poll(listWorkspaces).toEqual([]);
}
