import path from "node:path";
import { fetchAgent } from "./support/fetch-agent.ts";
import { startModelServer } from "./support/model-server.ts";
import { openCodeEnvironment } from "./support/opencode-environment.ts";
import {
  agentArticles,
  expectStatus,
  readAgentText,
  startByRequest,
} from "./support/session-page.ts";
import { expect, test as base } from "./support/test.ts";

const FETCH_TIMEOUT_MS = 6 * 60_000;

/** What the model says, step by step: look, change a file, run a command, tell. */
const script = [
  { text: "Let me look.", toolCalls: [{ name: "read", arguments: { filePath: "README.md" } }] },
  {
    toolCalls: [
      {
        name: "edit",
        arguments: {
          filePath: "README.md",
          oldString: "counts apples",
          newString: "counts quinces",
        },
      },
    ],
  },
  {
    toolCalls: [
      {
        name: "bash",
        arguments: { command: "git diff --stat && cat README.md", description: "Shows the change" },
      },
    ],
  },
  { text: "The orchard counts quinces now." },
];

type ModelServer = Awaited<ReturnType<typeof startModelServer>>;

const test = base.extend<{ model: ModelServer }>({
  model: async ({}, use) => {
    const model = await startModelServer({ script });
    await use(model);
    await model.close();
  },
  // Without isolation; with it, it goes through the journey of all agents (`e2e/agents`).
  serverEnvironment: async ({}, use) => {
    const commands = await fetchAgent("opencode");
    await use({ AGENT_PATHS: [commands, path.dirname(commands)].join() });
  },
});

test("a real OpenCode edits a file and runs a command in the workspace", async ({
  page,
  repositoryUrl,
  model,
}) => {
  test.setTimeout(FETCH_TIMEOUT_MS);
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Count quinces instead of apples",
    agent: "opencode",
    environment: openCodeEnvironment(model.url),
  });
  await expectStatus(page, "idle");
  await expect(agentArticles(page).last()).toContainText("The orchard counts quinces now.");
  expect((await readAgentText(page)).join()).toContain("README.md");

  const told = JSON.stringify(model.requests.at(-1)?.utterances);
  expect(told, "what the command printed").toContain("A small server that counts quinces.");
  expect(told).toContain("1 file changed");
});
