import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { codexSettings, writeSettingsFiles } from "./settings-files.ts";

let homePath: string;
beforeEach(async () => {
  homePath = await mkdtemp(join(tmpdir(), "millrace-settings-"));
});
afterEach(() => rm(homePath, { recursive: true, force: true }));

const write = (files: Record<string, string>) =>
  writeSettingsFiles(createProcessSandbox(), {
    files,
    cwd: homePath,
    homePath,
    signal: AbortSignal.timeout(10_000),
  });

test("settings are written as they are, and again when they change, until somebody else changes them", async () => {
  const path = "deep/.agent/it's settings.json";
  const read = () => readFile(join(homePath, path), "utf8");
  await write({ [path]: `a "quoted" $(id)\n` });
  expect(await read()).toBe(`a "quoted" $(id)\n`);
  await write({ [path]: "another key" });
  await write({ [path]: "another key" });
  expect(await read()).toBe("another key");
  expect(await readdir(join(homePath, "deep/.agent"))).toHaveLength(2);
  await appendFile(join(homePath, path), " of the agent");
  await write({ [path]: "a third" });
  expect(await read()).toBe("another key of the agent");
});

test("settings that a setup command has written stay", async () => {
  await mkdir(join(homePath, ".agent"));
  await writeFile(join(homePath, ".agent/settings.json"), "by setup");
  await write({ ".agent/settings.json": "by us" });
  expect(await readFile(join(homePath, ".agent/settings.json"), "utf8")).toBe("by setup");
});

test("a home that cannot be written is said", async () => {
  await write({ blocked: "a file" });
  await expect(write({ "blocked/settings.json": "" })).rejects.toMatchObject({
    code: "unavailable",
    message: "The agent's settings could not be written (blocked/settings.json)",
  });
});

test("Codex goes where the session's variables say, whatever characters they hold", () => {
  const text = codexSettings({ OPENAI_BASE_URL: 'http://host/"v1', OPENAI_MODEL: "m" });
  expect(text[".codex/config.toml"]).toContain('base_url = "http://host/\\"v1"');
  expect(codexSettings({})[".codex/config.toml"]).toContain("https://api.openai.com/v1");
});
