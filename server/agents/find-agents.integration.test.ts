import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { findAgents, type FindAgentsOptions, getAgent } from "./find-agents.ts";

let folder: string;
let options: FindAgentsOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-find-"));
  await mkdir(join(folder, "bin"));
  options = {
    sandbox: createProcessSandbox(),
    homePath: join(folder, "home"),
    path: join(folder, "bin"),
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function install(command: string, script: string): Promise<string> {
  const path = join(folder, "bin", command);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

async function statusOf(id: string) {
  const agents = await findAgents(options);
  return agents.find(({ status }) => status.id === id)?.status;
}

test("a missing agent is shown with how to install it, the built-in one is always there", async () => {
  expect(await statusOf("opencode")).toMatchObject({
    available: false,
    version: null,
    installHint: "npm install -g opencode-ai@1.18.33",
  });
  expect(await statusOf("millrace")).toMatchObject({
    available: true,
    builtIn: true,
    installHint: null,
  });
});

test.each([
  ["1.18.40", null],
  ["1.17.9", "Older than what was tried (1.18.0 up to 1.19.0)"],
  ["2.0.1", "Newer than what was tried (1.18.0 up to 1.19.0)"],
])("version %s is shown with a note when it was not tried", async (version, versionNote) => {
  await install("opencode", `echo "opencode ${version}"`);
  expect(await statusOf("opencode")).toMatchObject({
    available: true,
    version,
    versionNote,
    installHint: null,
  });
});

test("what npm installed is not started to learn its version", async () => {
  const packageFolder = join(folder, "lib/node_modules/@kilocode/cli");
  await mkdir(join(packageFolder, "bin"), { recursive: true });
  await writeFile(
    join(packageFolder, "package.json"),
    '{"name": "@kilocode/cli", "version": "7.7.7"}',
  );
  await writeFile(join(packageFolder, "bin/kilo"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  await symlink(join(packageFolder, "bin/kilo"), join(folder, "bin/kilo"));
  expect(await statusOf("kilo")).toMatchObject({ available: true, version: "7.7.7" });
});

test("an agent that fails to tell its version is available all the same", async () => {
  await install("qwen", "exit 1");
  expect(await statusOf("qwen")).toMatchObject({
    available: true,
    version: null,
    versionNote: null,
  });
});

test("an agent that never tells its version does not hold the list up for more than five seconds", async () => {
  await install("gemini", "/bin/sleep 600");
  expect(await statusOf("gemini")).toMatchObject({ available: true, version: null });
}, 15_000);

test("a version is asked for once, and again when the command changes", async () => {
  const script = `echo asked >> "${folder}/asked"; echo 1.18.1`;
  const path = await install("opencode", script);
  await statusOf("opencode");
  await install("opencode", script.replace("1.18.1", "1.18.2"));
  await utimes(path, 1, 1);
  expect(await statusOf("opencode")).toMatchObject({ version: "1.18.2" });
  await rm(join(folder, "asked"));
  expect(await statusOf("opencode")).toMatchObject({ version: "1.18.2" });
  await expect(rm(join(folder, "asked"))).rejects.toThrow("ENOENT");
});

test("configured folders come before PATH, and folders or files that cannot run are passed over", async () => {
  await mkdir(join(folder, "bin/opencode"));
  await writeFile(join(folder, "bin/kilo"), "not executable");
  expect(await statusOf("opencode")).toMatchObject({ available: false });
  expect(await statusOf("kilo")).toMatchObject({ available: false });

  const other = join(folder, "other");
  await mkdir(other);
  await writeFile(join(other, "opencode"), "#!/bin/sh\necho 1.18.5\n", { mode: 0o755 });
  options = { ...options, agentPaths: [other] };
  expect(await getAgent("opencode", options)).toMatchObject({
    definition: { command: join(other, "opencode") },
  });
});

test("starting needs an agent that exists and is installed", async () => {
  await expect(getAgent("clippy", options)).rejects.toMatchObject({ code: "invalid_input" });
  await expect(getAgent("opencode", options)).rejects.toMatchObject({
    code: "unavailable",
    message: "OpenCode is not installed on this machine: npm install -g opencode-ai@1.18.33",
  });
});
