import { RECORDING_AGENT } from "./support/recording-agent.ts";
import {
  agentArticles,
  cutSockets,
  expectStatus,
  ownArticles,
  readAgentText,
  startByForm,
  startByRequest,
} from "./support/session-page.ts";
import { expect, signIn, test } from "./support/test.ts";

/** A turn of the built-in agent that begins, waits, and is long enough to do something in the middle of it. */
const slowTurn = {
  prompt: "@say Looking around now\n@sleep 6000\nShow me around",
  environment: { MILLRACE_BUILT_IN_TEST: "1" },
};

const [beginning, end] = ["Looking around now.", "That was all."];
const heldTurn = { prompt: "Show me around", agent: RECORDING_AGENT };

test.describe("with an agent that waits in the middle of its answer", () => {
  test.use({
    serverEnvironment: async ({ agent }, use) => {
      await agent.gates.close("turn");
      await use(agent.environment);
    },
  });

  test("a reload shows what was there, and the rest arrives", async ({
    page,
    agent,
    repositoryUrl,
  }) => {
    await startByRequest(page, { ...heldTurn, repository: repositoryUrl });
    await expect(agentArticles(page)).toContainText(beginning);

    await page.reload();
    await expectStatus(page, "working");
    await expect(ownArticles(page)).toContainText(heldTurn.prompt);
    await expect(agentArticles(page)).toContainText(beginning);
    await expect(agentArticles(page)).not.toContainText(end);

    await agent.gates.open("turn");
    await expect(agentArticles(page)).toContainText(`${beginning} ${end}`);
    await expectStatus(page, "idle");
    await expect(ownArticles(page)).toHaveCount(1);
  });

  test("what is said while the page is offline arrives afterwards, once", async ({
    page,
    agent,
    repositoryUrl,
  }) => {
    const sessionId = await startByRequest(page, { ...heldTurn, repository: repositoryUrl });
    await expect(agentArticles(page)).toContainText(beginning);
    const connection = page.locator("[data-connection]");
    await expect(connection).toHaveAttribute("data-connection", "live");

    await page.context().setOffline(true);
    await cutSockets(page);
    await expect(connection).toHaveAttribute("data-connection", "offline");
    await agent.gates.open("turn");
    const input = encodeURIComponent(JSON.stringify({ sessionId }));
    const readState = async () =>
      (await page.request.get(`/api/trpc/session.get?input=${input}`)).text();
    await expect.poll(readState).toContain('"status":"idle"');
    await expect(agentArticles(page)).not.toContainText(end);

    await page.context().setOffline(false);
    await expect(connection).toHaveAttribute("data-connection", "live");
    await expectStatus(page, "idle");
    const live = await readAgentText(page);
    expect(live.join().split(`${beginning} ${end}`)).toHaveLength(2);

    await page.reload();
    await expect(agentArticles(page)).toHaveCount(1);
    expect(await readAgentText(page)).toEqual(live);
  });

  test("an agent that does not listen is seen to be asked to stop, on every page", async ({
    page,
    agent,
    repositoryUrl,
  }) => {
    await startByRequest(page, { ...heldTurn, repository: repositoryUrl });
    await expect(agentArticles(page)).toContainText(beginning);
    const asked = page.waitForResponse((response) => response.url().includes("session.interrupt"));
    const other = await page.context().newPage();
    await other.goto(page.url());
    await page.getByRole("button", { name: "Stop" }).click();
    const stopping = page.getByRole("button", { name: "Stopping …" });
    await expect(stopping).toBeDisabled();
    await asked;
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await expect(stopping).toBeDisabled({ timeout: 1 });
    await expect(other.getByRole("button", { name: "Stopping …" })).toBeDisabled();
    await page.reload();
    await expect(stopping).toBeDisabled();

    await agent.gates.open("turn");
    await expectStatus(page, "idle");
    await expect(stopping).toHaveCount(0);
  });
});

test("a session is live over server-sent events at once where sockets do not open", async ({
  page,
  repositoryUrl,
}) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");
  await page.addInitScript(() => {
    globalThis.WebSocket = class extends EventTarget {
      onclose: (() => void) | null = null;
      constructor() {
        super();
        setTimeout(() => this.onclose?.());
      }
      close() {}
    } as unknown as typeof WebSocket;
  });
  await page.reload();
  const connection = page.locator("[data-connection]");
  await expect(connection).toHaveAttribute("data-connection", "live", { timeout: 1_500 });
  await expect(connection).toHaveAttribute("title", /server-sent events/);
});

test("a socket that drops again and again costs nothing of a turn", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, { repository: repositoryUrl, ...slowTurn });
  await expectStatus(page, "working");

  const connection = page.locator("[data-connection]");
  for (let cut = 0; cut < 3; cut += 1) {
    await cutSockets(page);
    await expect(connection).not.toHaveAttribute("data-connection", "live");
    await expect(connection).toHaveAttribute("data-connection", "live");
  }
  await expectStatus(page, "idle");
  const live = await readAgentText(page);
  expect(live.join()).toContain("MILLRACE-TOUR.md");

  await page.reload();
  await expectStatus(page, "idle");
  expect(await readAgentText(page)).toEqual(live);
});

test("two browsers see one session, and a prompt of one appears in the other", async ({
  page,
  browser,
  app,
  repositoryUrl,
}) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  const other = await browser.newContext({
    baseURL: app.url,
    storageState: await page.context().storageState(),
  });
  const secondPage = await other.newPage();
  await secondPage.goto(page.url());
  await expectStatus(page, "idle");
  await expectStatus(secondPage, "idle");

  await page.getByLabel("Follow-up").fill("Said in the first browser");
  await page.getByLabel("Follow-up").press("Enter");

  for (const each of [page, secondPage]) {
    await expect(ownArticles(each).last()).toContainText("Said in the first browser");
    await expect(agentArticles(each)).toHaveCount(2);
    // How the built-in agent answers when the words of a question are nowhere.
    await expect(agentArticles(each).last()).toContainText("Nothing found");
    await expectStatus(each, "idle");
  }
  expect(await readAgentText(secondPage)).toEqual(await readAgentText(page));
  await other.close();
});

test("Stop ends a turn and leaves the session ready for the next prompt", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@say Looking around now\n@hang",
    environment: slowTurn.environment,
  });
  await expectStatus(page, "working");

  await page.getByRole("button", { name: "Stop" }).click();
  await expectStatus(page, "idle");
  await expect(page.getByLabel("Follow-up")).toBeEnabled();
});

test("a restart of the server reconnects the page by itself", async ({
  page,
  app,
  repositoryUrl,
}) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");

  await app.restart();
  await expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", "live", {
    timeout: 45_000,
  });
  await expect(ownArticles(page)).toContainText("Show me around");
});

test("somebody who is not signed in sees nothing of a session", async ({
  page,
  browser,
  app,
  repositoryUrl,
}) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "A private matter" });
  const stranger = await (await browser.newContext({ baseURL: app.url })).newPage();
  await stranger.goto(page.url());
  await expect(stranger.getByText("A private matter")).toHaveCount(0);

  await test.step("the link that was used already", async () => {
    await stranger.goto(app.signInUrl);
    await expect(stranger.getByLabel("Prompt")).toHaveCount(0);
  });
  await stranger.context().close();
});

test("a new link after a restart signs in again", async ({ page, app, browser }) => {
  await expect(page.getByLabel("Prompt")).toBeVisible();
  await app.restart();
  const context = await browser.newContext({ baseURL: app.url });
  await signIn(await context.newPage(), app);
  await context.close();
});
