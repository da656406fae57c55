import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { findByHome } from "#server/sandboxes/stop-processes.ts";
import { runSetupCommand } from "./run-setup-command.ts";
import {
  makeWorkspaceFolders,
  type WorkspaceFolders,
  workspaceFolders,
} from "./workspace-folders.ts";

let dataDir: string;
let folders: WorkspaceFolders;
let output: string;
let controller: AbortController;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-setup-"));
  folders = workspaceFolders({ dataDir, sessionId: "ses_x", generation: 1 });
  await makeWorkspaceFolders(folders);
  await mkdir(folders.repositoryPath);
  output = "";
  controller = new AbortController();
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const run = (command: string, environment: Record<string, string> = {}, timeoutMs = 20_000) =>
  runSetupCommand({
    sandbox: createProcessSandbox(),
    folders,
    command,
    environment,
    signal: controller.signal,
    timeoutMs,
    onOutput: (text) => (output += text),
  });

const left = () => findByHome(folders.homePath)();

describe("runSetupCommand", () => {
  test("runs in the work tree with the session's variables, home and temporary folder", async () => {
    await run('echo "$GREETING" > file; mktemp -u; echo "$HOME" >&2', { GREETING: "hello $(id)" });
    expect(await readFile(join(folders.repositoryPath, "file"), "utf8")).toBe("hello $(id)\n");
    expect(output).toContain(`${folders.temporaryPath}/tmp.`);
    expect(output).toContain(`${folders.homePath}\n`);
  });

  test("shows no value of its environment, however harmless it looks, but short words", async () => {
    await run('echo "$API_KEY $GREETING"; printf "%s\n" "$LINES_OF_IT"; echo "$CI"', {
      API_KEY: "hunter2hunter2",
      GREETING: "swordfish",
      LINES_OF_IT: "  open sesame  \nsesame",
      CI: "true",
    });
    expect(output).toBe("[redacted] [redacted]\n  [redacted]  \n[redacted]\ntrue\n");
  });

  test("tells the exit code, or the signal", async () => {
    await expect(run("echo why >&2; exit 3")).rejects.toMatchObject({
      code: "invalid_input",
      message: "The setup command failed with exit code 3",
      details: { reason: "setup_failed", exitCode: 3 },
    });
    expect(output).toBe("why\n");
    await expect(run("kill -9 $$")).rejects.toMatchObject({
      message: "The setup command was ended by SIGKILL",
    });
  });

  test("ends the whole group when time is up", async () => {
    await expect(
      run(`setsid sleep 60 & sh -c 'trap "" TERM; sleep 60; sleep 60' & wait`, {}, 300),
    ).rejects.toMatchObject({ code: "invalid_input", details: { reason: "timeout" } });
    expect(await left()).toEqual([]);
  });

  test("ends the whole group when it is stopped", async () => {
    const running = run("echo started; sleep 60 & sleep 60");
    await expect.poll(() => output, { interval: 5 }).toBe("started\n");
    controller.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    expect(await left()).toEqual([]);
    expect(await readdir(folders.temporaryPath)).toEqual([]);
  });

  test("is over when its shell is, also when something in the background keeps its output", async () => {
    await run("sleep 60 & echo done");
    expect(output).toBe("done\n");
    expect(await left()).toEqual([]);
  });

  test("gets no input to wait for", async () => {
    await run("cat; read answer || echo none");
    expect(output).toBe("none\n");
  });
});
