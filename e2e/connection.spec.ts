import type { Page } from "@playwright/test";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { agentArticles, cutSockets, ownArticles, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const heldTurn = { prompt: "Show me around, and say what is odd here", agent: RECORDING_AGENT };
/** Some words of a title can be read from here on. CSS pixels. */
const TITLE_MIN_WIDTH = 96;

const connection = (page: Page) => page.getByRole("banner").locator("[data-connection]");

test.use({
  serverEnvironment: async ({ agent }, use) => {
    await agent.gates.close("turn");
    await use(agent.environment);
  },
});

/** The page's sockets and streams, which are gone from `cut` on, while everything else gets through. */
async function holdLive(page: Page): Promise<{ cut: () => Promise<void>; keepBehind: () => void }> {
  let isCut = false;
  let isBehind = false;
  const open = new Set<() => Promise<void>>();
  await page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
    if (isCut) return void socket.close();
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!isBehind || !message.toString().includes('"caught-up"')) socket.send(message);
    });
    open.add(() => socket.close());
  });
  await page.route(/\/api\/v1\/sessions\/[^/]+\/events/, (route) =>
    isCut ? route.abort() : route.fallback(),
  );
  return {
    async cut() {
      isCut = true;
      for (const close of open) await close();
    },
    keepBehind: () => void (isBehind = true),
  };
}

/** What the header's line does not hold, and how wide its title is. */
async function measureHeader(page: Page) {
  return page.getByRole("banner").evaluate((header) => {
    const frame = header.getBoundingClientRect();
    const isOutside = (each: Element) => {
      const box = each.getBoundingClientRect();
      return box.width > 1 && (box.right > frame.right || box.left < frame.left);
    };
    return {
      outside: [...header.querySelectorAll("*")].filter(isOutside).map((each) => each.outerHTML),
      titleWidth: header.querySelector("h1")?.getBoundingClientRect().width ?? 0,
      overhang: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
  });
}

for (const { name, width, hasPanel } of [
  { name: "on a phone", width: 390, hasPanel: false },
  { name: "beside a panel", width: 1280, hasPanel: true },
]) {
  test(`the header has room for its title ${name}, however the page stands to the server`, async ({
    page,
    repositoryUrl,
  }) => {
    const live = await holdLive(page);
    await page.setViewportSize({ width, height: 800 });
    await startByRequest(page, { ...heldTurn, repository: repositoryUrl });
    await expect(agentArticles(page)).toContainText("Looking around now.");
    if (hasPanel) {
      await page.getByRole("button", { name: "Reading" }).click();
      await page.getByRole("menuitem", { name: "Outline" }).click();
      await expect(page.getByRole("heading", { name: "Outline" })).toBeVisible();
    }
    const isRoomy = async (words: RegExp) => {
      await expect(connection(page)).toHaveText(words);
      await expect(connection(page)).toHaveAttribute("title", words);
      const { titleWidth, ...rest } = await measureHeader(page);
      expect(rest).toEqual({ outside: [], overhang: 0 });
      expect(titleWidth, String(words)).toBeGreaterThan(TITLE_MIN_WIDTH);
    };
    live.keepBehind();
    await cutSockets(page);
    await isRoomy(/^Catching up/);
    await live.cut();
    await isRoomy(/^Offline since \d/);
  });
}

test("a prompt that was sent while nothing live arrives is shown at once", async ({
  page,
  repositoryUrl,
}) => {
  const live = await holdLive(page);
  await startByRequest(page, { ...heldTurn, repository: repositoryUrl });
  await expect(agentArticles(page)).toContainText("Looking around now.");
  await live.cut();
  await expect(connection(page)).toHaveAttribute("data-connection", "offline");
  const followUp = page.getByLabel("Follow-up");
  await followUp.fill("Then count the apples");
  const note = page.getByText("what you type stays here until it can be sent");
  await expect(note).toBeVisible();

  await followUp.press("Enter");
  await expect(followUp).toHaveValue("");
  await expect(page.getByRole("list", { name: "Waiting" })).toHaveText(
    "Queued:Then count the apples",
  );
  await expect(note).toHaveCount(0);
  await expect(connection(page)).toHaveAttribute("data-connection", "offline");
  await expect(ownArticles(page)).toHaveCount(1);
});
