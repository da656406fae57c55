import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import { startApp, type App } from "./app.ts";
import { createGitRepository } from "./git-repository.ts";
import { startGitServer, type GitServer } from "./git-server.ts";
import { createProgramGates, type ProgramGates } from "./program-gates.ts";
import { createRecordingAgent, type RecordingAgent } from "./recording-agent.ts";

interface Fixtures {
  /** Variables that the server of this test gets besides the usual ones. */
  serverEnvironment: Record<string, string>;
  /** Bare repositories in here are served over HTTP. */
  gitFolder: string;
  gitServer: GitServer;
  /** Address of a small repository with history, served over HTTP. */
  repositoryUrl: string;
  /** Known to servers that get its `environment`, which is for `serverEnvironment`. */
  agent: RecordingAgent;
  /** In front of git for servers that get its `environment`. */
  gitGate: ProgramGates;
  app: App;
  /** Signed in; an exception in the page fails the test. */
  page: Page;
}

/** A production server, a git server and a signed-in browser of its own for every test that asks for them. */
export const test = base.extend<Fixtures>({
  serverEnvironment: [{}, { option: true }],

  gitFolder: ({}, use) => useFolder("millrace-git-", use),

  agent: ({}, use) => useFolder("millrace-agent-", (folder) => use(createRecordingAgent(folder))),

  gitGate: ({}, use) =>
    useFolder("millrace-gate-", async (folder) => use(await createProgramGates(folder, ["git"]))),

  gitServer: async ({ gitFolder }, use) => {
    const gitServer = await startGitServer({ root: gitFolder, isWritable: true });
    await use(gitServer);
    await gitServer.close();
  },

  repositoryUrl: async ({ gitFolder, gitServer }, use) => {
    await createGitRepository(gitFolder);
    await use(`${gitServer.url}/orchard.git`);
  },

  app: async ({ gitServer, serverEnvironment }, use, testInfo) => {
    const allowed = { ALLOWED_PRIVATE_HOSTS: new URL(gitServer.url).host };
    const app = await startApp({ ...allowed, ...serverEnvironment });
    await use(app);
    const left = await app.dispose();
    if (testInfo.status !== testInfo.expectedStatus || left.length > 0) {
      const logPath = testInfo.outputPath("server.log");
      await writeFile(logPath, app.readLog());
      await testInfo.attach("server.log", { path: logPath, contentType: "text/plain" });
    }
    expect(left, "processes that outlived the server").toEqual([]);
  },

  baseURL: async ({ app }, use) => {
    await use(app.url);
  },

  page: async ({ app, page }, use) => {
    const exceptions: Error[] = [];
    page.on("pageerror", (error) => exceptions.push(error));
    await signIn(page, app);
    await use(page);
    expect(exceptions, "exceptions in the page").toEqual([]);
  },
});

export { expect };

async function useFolder(prefix: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), prefix));
  await use(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Opens the link that the server has printed and waits for the landing page. */
export async function signIn(page: Page, app: App): Promise<void> {
  await page.goto(app.signInUrl);
  await expect(page.getByLabel("Prompt")).toBeVisible();
}
