import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const VERSION = "1.18.33";
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const VERSION_TIMEOUT_MS = 30_000;

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/**
 * Path of a real OpenCode's binary, of the version that is pinned here. The first call fetches it with npm (350 MB);
 * what is in the cache is complete, because a download is made beside it and moved into place when it has run once.
 * Safe to call from several processes at once.
 */
export async function fetchOpenCode({
  cachePath = path.join(root, ".cache/agents"),
} = {}): Promise<string> {
  const folder = path.join(cachePath, `opencode-ai-${VERSION}`);
  const binary = path.join(folder, "node_modules/opencode-ai/bin/opencode.exe");
  if (await exists(binary)) return binary;

  await mkdir(cachePath, { recursive: true });
  const download = await mkdtemp(path.join(cachePath, "download-"));
  try {
    await install(download);
    await checkVersion(path.join(download, path.relative(folder, binary)));
    await moveIntoPlace(download, folder, binary);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  return binary;
}

async function install(folder: string): Promise<void> {
  await writeFile(path.join(folder, "package.json"), '{ "private": true }\n');
  const args = ["install", `opencode-ai@${VERSION}`, "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", args, { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
}

async function checkVersion(binary: string): Promise<void> {
  const { stdout } = await run(binary, ["--version"], { timeout: VERSION_TIMEOUT_MS });
  if (stdout.trim() !== VERSION)
    throw new Error(`npm brought OpenCode ${stdout.trim()} instead of ${VERSION}`);
}

async function moveIntoPlace(download: string, folder: string, binary: string): Promise<void> {
  try {
    await rename(download, folder);
  } catch (error) {
    // Another process was faster; what it put there is as complete as ours.
    if (!(await exists(binary))) throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
