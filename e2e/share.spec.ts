import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { createPartId, createSessionId } from "#lib/ids.ts";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, turnItems, type SessionItem } from "./support/session-files.ts";
import { agentArticles, ownArticles } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const TOKEN = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const twoTurns = () => [
  ...turnItems("Count the apples", "There are seven", "seven apples in /home/ann/orchard/a.txt"),
  ...turnItems(`Push with ${TOKEN}`, "Pushed", "to origin"),
];

async function bring(page: Page, items: SessionItem[], sessionId = createSessionId()) {
  const answer = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(documentOf(items)),
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return sessionId;
}

/** The page has its keys by then. */
const ready = (page: Page) =>
  expect(page.getByRole("banner").locator("[data-connection=live]")).toBeVisible();

const dialog = (page: Page) => page.getByRole("dialog", { name: "Share", exact: true });

/** Opens the dialog, lets `choose` choose, and returns the link. */
async function share(page: Page, choose: () => Promise<void> = async () => {}): Promise<string> {
  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Share …" }).click();
  await expect(dialog(page).getByText(/^Anyone with the link/)).toBeVisible();
  await choose();
  await dialog(page).getByRole("button", { name: "Create link" }).click();
  const link = await dialog(page).getByLabel("Link", { exact: true }).innerText();
  await dialog(page).getByRole("button", { name: "Done" }).click();
  return link;
}

/** A browser that is signed in nowhere, on a phone. */
async function withReader(
  browser: Browser,
  read: (page: Page, context: BrowserContext) => Promise<void>,
) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const exceptions: Error[] = [];
  page.on("pageerror", (error) => exceptions.push(error));
  await read(page, context);
  expect(exceptions, "exceptions in the page").toEqual([]);
  await context.close();
}

const closed = (page: Page) =>
  page.getByRole("heading", { name: /This link does not open|This share has ended/ });

test("a share's life: made, read on a phone, gone within a second when it is taken back", async ({
  page,
  browser,
}) => {
  const sessionId = await bring(page, twoTurns());
  await page.goto(`/sessions/${sessionId}`);
  await expect(ownArticles(page).first()).toContainText("Count the apples");

  const link = await share(page, async () => {
    const found = dialog(page).getByRole("list", { name: "Secrets that were found" });
    await expect(found).toContainText("GitHub token");
    await expect(dialog(page).getByText("what was used in tokens and cost")).toBeVisible();
    await expect(found).toContainText("ghp_••••••••");
    await expect(found).not.toContainText(TOKEN.slice(0, 8));
    expect(await findViolations(page)).toEqual([]);
    await dialog(page).getByRole("checkbox", { name: "Outputs of tools" }).check();
  });
  expect(link).toMatch(/\/share\/[0-9A-Za-z]{27}$/);

  await withReader(browser, async (reader) => {
    const requests: string[] = [];
    reader.on("request", (request) => requests.push(new URL(request.url()).pathname));
    const answer = await reader.goto(link);
    expect(answer?.headers()).toMatchObject({
      "x-robots-tag": expect.stringContaining("noindex"),
      "referrer-policy": "no-referrer",
      "cache-control": expect.stringContaining("no-store"),
      "x-frame-options": "DENY",
    });
    await expect(ownArticles(reader).last()).toContainText("Push with [GitHub token hidden]");
    await expect(reader.getByRole("article", { name: "You" })).toHaveCount(0);
    await expect(agentArticles(reader).first()).toContainText("There are seven");
    const html = await reader.content();
    for (const hidden of [TOKEN, "seven apples", sessionId, "usr_local", "team_local"])
      expect(html).not.toContain(hidden);
    await expect(reader.getByRole("textbox")).toHaveCount(0);
    await expect(reader.getByRole("button", { name: "Session menu" })).toHaveCount(0);
    expect(await findViolations(reader)).toEqual([]);
    expect(
      await reader.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    ).toBeLessThanOrEqual(0);

    await bring(page, turnItems("Plant a pear tree", "It is planted"), sessionId);
    await expect(ownArticles(reader).last()).toContainText("Plant a pear tree");
    await expect(agentArticles(reader).last()).toContainText("It is planted");

    await page.goto("/shares");
    const shares = page.getByRole("list", { name: "Shares", exact: true });
    await expect(shares.getByRole("listitem")).toContainText(["without outputs, folders"]);
    expect(await findViolations(page)).toEqual([]);
    await shares.getByRole("button", { name: /^Copy link/ }).click();
    await expect(shares.getByText("Copied")).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);

    await shares.getByRole("button", { name: /^Take back/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
    await expect(page.getByRole("list", { name: "Ended shares" })).toContainText("Taken back");
    await expect(closed(reader)).toBeVisible({ timeout: 1_000 });
    await expect(reader.getByText("Count the apples")).toHaveCount(0);
    await reader.reload();
    await expect(closed(reader)).toBeVisible();
    expect(requests.filter((path) => /^\/api\/(?!v1\/shares\/)/.test(path))).toEqual([]);
  });
});

test("the keyboard stays in the dialog, where the link can be opened and taken back", async ({
  page,
}) => {
  await page.goto(`/sessions/${await bring(page, twoTurns())}`);
  await ready(page);
  await page.keyboard.press("s");
  await expect(dialog(page).getByText(/^Anyone with the link/)).toBeVisible();
  await expect(dialog(page).getByRole("button", { name: "Close" })).not.toBeFocused();
  await expect(dialog(page).getByRole("button", { name: "Create link" })).toBeEnabled();
  await dialog(page).getByRole("button", { name: "Create link" }).press("Enter");
  await expect(dialog(page).getByRole("button", { name: "Copy link" })).toBeFocused();
  await expect(dialog(page).getByRole("link", { name: "Open the link" })).toHaveAttribute(
    "href",
    await dialog(page).getByLabel("Link", { exact: true }).innerText(),
  );
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();

  await page.keyboard.press("s");
  await dialog(page).getByRole("button", { name: "Create link" }).click();
  const link = await dialog(page).getByLabel("Link", { exact: true }).innerText();
  await dialog(page).getByRole("button", { name: "Take back" }).click();
  await expect(dialog(page).getByText("The link was taken back")).toBeVisible();
  await expect(dialog(page).getByRole("button", { name: "Done" })).toBeFocused();
  expect((await page.request.get(link)).status()).toBe(404);
});

test("a password opens it, and what does not open looks like nothing at all", async ({
  page,
  browser,
}) => {
  const sessionId = await bring(page, twoTurns());
  await page.goto(`/sessions/${sessionId}`);
  await ready(page);
  await page.keyboard.press("s");
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press("Escape");
  const link = await share(page, async () => {
    await dialog(page).getByLabel("Password").fill("short");
    await dialog(page).getByRole("button", { name: "Create link" }).click();
    await expect(dialog(page).getByText("The password needs at least 8").first()).toBeVisible();
    await expect(dialog(page).getByLabel("Password")).toBeFocused();
    await expect(dialog(page).getByLabel("Password")).toBeInViewport();
    await dialog(page).getByLabel("Password").fill("seven apples");
    await dialog(page).getByLabel("To prompt").selectOption({ label: "1. Count the apples" });
    await expect(dialog(page).getByText("and the password can read prompt 1")).toBeVisible();
  });

  await withReader(browser, async (reader) => {
    const unknown = await reader.goto(link.replace(/.{27}$/, "0".repeat(27)));
    const unknownWords = await reader.getByRole("main").innerText();
    const locked = await reader.goto(link);
    expect([unknown?.status(), locked?.status()]).toEqual([404, 404]);
    expect(await reader.getByRole("main").innerText()).toBe(unknownWords);
    expect(await findViolations(reader)).toEqual([]);

    await reader.getByLabel("Password").fill("seven pears");
    await reader.getByRole("button", { name: "Open" }).click();
    await expect(reader.getByText("did not open anything")).toBeVisible();
    await reader.getByLabel("Password").fill("seven apples");
    await reader.getByRole("button", { name: "Open" }).click();
    await expect(ownArticles(reader)).toHaveText([/Count the apples/]);
    await reader.reload();
    await expect(ownArticles(reader)).toHaveText([/Count the apples/]);
    await expect(reader.getByText("Pushed")).toHaveCount(0);
  });
});

test("a frozen share stays as it was, and another site may embed it if allowed", async ({
  page,
  browser,
}) => {
  const sessionId = await bring(page, turnItems("Count the apples", "There are seven"));
  await page.goto(`/sessions/${sessionId}`);
  const link = await share(page, async () => {
    await dialog(page).getByRole("radio", { name: "The session as it is now" }).check();
    await dialog(page).getByRole("checkbox", { name: "Other sites may embed it" }).check();
  });
  await bring(page, turnItems("Plant a pear tree", "It is planted"), sessionId);
  const other = await serveText(
    `<title>Other</title><iframe src="${link}" title="A shared session"></iframe>`,
  );
  await withReader(browser, async (reader) => {
    await reader.goto(other.url);
    const frame = reader.frameLocator("iframe");
    await expect(frame.getByRole("article", { name: "Prompt" })).toHaveText([/Count the apples/]);
    await expect(frame.getByText("As it was when shared")).toBeVisible();
    await expect(frame.getByText("Plant a pear tree")).toHaveCount(0);
  });
  await other.close();
});

test("no form of a share's page holds what it hides, and a link that was replaced opens nothing", async ({
  page,
  browser,
}) => {
  const reasoning = "nobody is to read this thought";
  const turns = twoTurns();
  const messageID = turns.at(-1)?.data["messageID"];
  const thought = {
    type: "part",
    data: { id: createPartId(), messageID, type: "reasoning", text: reasoning },
  };
  const later = turnItems("Count the pears", "There are nine", "nine pears");
  const sessionId = await bring(page, [...turns, thought, ...later]);
  await page.goto(`/sessions/${sessionId}`);
  const link = await share(page, async () => {
    await dialog(page).getByRole("checkbox", { name: "Outputs of tools" }).check();
    await dialog(page).getByRole("checkbox", { name: "Reasoning" }).check();
    await dialog(page).getByLabel("To prompt").selectOption({ index: 2 });
    await expect(dialog(page).getByText("can read prompts 1 to 2")).toBeVisible();
  });
  const path = new URL(link).pathname;
  const hidden = [TOKEN, "seven apples", "/home/ann", sessionId, "usr_local", reasoning, "pears"];

  await withReader(browser, async (reader) => {
    const forms: Record<string, string>[] = [
      { accept: "text/html" },
      { accept: "text/html", "user-agent": "Slackbot-LinkExpanding 1.0" },
      { rsc: "1" },
      { rsc: "1", "next-router-prefetch": "1" },
    ];
    for (const headers of forms) {
      const text = await (await reader.request.get(link, { headers })).text();
      for (const word of hidden) expect(text, JSON.stringify(headers)).not.toContain(word);
    }
    const html = await (await reader.request.get(link)).text();
    expect(html).toMatch(/<meta property="og:description" content="[^"]*2 prompts"/);
    expect(html).toContain("GitHub token hidden");
    await reader.goto(path);
    await expect(ownArticles(reader).last()).toContainText("Push with");

    await page.goto("/shares");
    const row = page
      .getByRole("list", { name: "Shares", exact: true })
      .getByRole("listitem")
      .first();
    await row.getByRole("button", { name: /^Replace link/ }).click();
    const question = page.getByRole("dialog", { name: "Replace this link?" });
    await expect(question).toContainText("stops working at once");
    expect(await findViolations(page)).toEqual([]);
    await question.getByRole("button", { name: "Replace link" }).click();
    await expect(question).toBeHidden();
    await expect(closed(reader)).toBeVisible();
    await row.getByRole("button", { name: /^Copy link/ }).click();
    await expect(row.getByText("Copied")).toBeVisible();
    const replaced = await page.evaluate(() => navigator.clipboard.readText());
    expect(replaced).not.toBe(link);
    await reader.goto(replaced);
    await expect(ownArticles(reader).last()).toContainText("Push with");
  });
});

/** A site of somebody else's. */
async function serveText(html: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
