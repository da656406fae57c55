import { expect, type Locator, type Page } from "@playwright/test";

export interface NewSession {
  repository: string;
  prompt: string;
  branch?: string;
  agent?: string;
  setupCommands?: string[];
  environment?: Record<string, string>;
  messageId?: string;
  permissions?: "allow" | "ask";
}

/** Fills the landing page's form and presses Start; returns once the session's page is there. */
export async function startByForm(
  page: Page,
  { repository, prompt }: Pick<NewSession, "repository" | "prompt">,
): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Repository").fill(repository);
  await page.getByLabel("Prompt").fill(prompt);
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
}

/** Starts a session as the form does, with everything that it can say, and opens its page. Returns the id. */
export async function startByRequest(page: Page, session: NewSession): Promise<string> {
  const sessionId = await requestSession(page, session);
  await page.goto(`/sessions/${sessionId}`);
  return sessionId;
}

/** `startByRequest` that stays where it is. */
export async function requestSession(page: Page, session: NewSession): Promise<string> {
  const response = await postAsPage(page, "/api/trpc/session.start", session);
  expect(response.status, response.text).toBe(200);
  return (JSON.parse(response.text) as StartAnswer).result.data.sessionId;
}

interface StartAnswer {
  result: { data: { sessionId: string } };
}

/** A POST of JSON by the signed-in page itself, with its cookie and origin. */
export async function postAsPage(
  page: Page,
  address: string,
  body: object,
): Promise<{ status: number; text: string }> {
  return page.evaluate(
    async ([url, json]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: json });
      return { status: response.status, text: await response.text() };
    },
    [address, JSON.stringify(body)] as const,
  );
}

/** Waits for one of the words of `SessionStatus` on the session's page; not for long once it has failed instead. */
export async function expectStatus(page: Page, status: string): Promise<void> {
  const mark = statusMark(page);
  const ended = new RegExp(`^(${status}|failed)$`);
  await expect(mark).toHaveAttribute("data-status", ended, { timeout: 60_000 });
  await expect(mark).toHaveAttribute("data-status", status);
}

/** The mark in the header; others on the page belong to other sessions. */
export const statusMark = (page: Page): Locator =>
  page.getByRole("banner").locator("[data-status]");

export const preparation = (page: Page): Locator => page.getByLabel("Preparation", { exact: true });

export const agentArticles = (page: Page): Locator => page.getByRole("article", { name: "Agent" });
export const ownArticles = (page: Page): Locator =>
  page.getByRole("article", { name: /^(?:You|Prompt)$/ });

/** What the agent said and did, with folded turns opened. Times of day are left out: they go on. */
export async function readAgentText(page: Page): Promise<string[]> {
  const folded = page.getByRole("button", { name: /^Worked for/, expanded: false });
  while ((await folded.count()) > 0) await folded.first().click();
  return agentArticles(page).allInnerTexts();
}

/** Terminates every socket of the server, as a proxy that restarts would; also of a page that is offline. */
export async function cutSockets(page: Page): Promise<void> {
  const response = await page.request.post("/api/test/cut-sockets");
  expect(response.ok()).toBe(true);
}
