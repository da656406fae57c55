import { readLayoutShifts, watchLayoutShifts } from "./support/layout-shifts.ts";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { agentArticles, preparation } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const SHIFT_MAX = 0.05;

test.use({
  serverEnvironment: async ({ agent }, use) => {
    await agent.gates.close("turn");
    await use(agent.environment);
  },
});

for (const [name, viewport] of [
  ["on a desktop", { width: 1280, height: 800 }],
  ["on a phone", { width: 390, height: 844 }],
] as const) {
  test(`nothing moves ${name} from Start to the agent's first words`, async ({
    page,
    gitServer,
    repositoryUrl,
  }) => {
    await page.setViewportSize(viewport);
    const query = { repo: repositoryUrl, prompt: "Show me around", agent: RECORDING_AGENT };
    await page.goto(`/?${new URLSearchParams(query)}`);
    gitServer.hold();
    await expect(page.getByRole("button", { name: "Start" })).toBeFocused();
    await watchLayoutShifts(page);
    await page.keyboard.press("Enter");
    await expect(preparation(page)).toContainText("Cloning the repository");
    gitServer.release();
    await expect(agentArticles(page)).toContainText("Looking around now");

    const { sum, moved } = await readLayoutShifts(page);
    expect(sum, moved.join("\n")).toBeLessThan(SHIFT_MAX);
  });
}
