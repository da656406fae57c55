import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { App } from "./app.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.mjs");
const run = promisify(execFile);

/** What the command printed, with its exit code. */
export async function runMillrace(
  app: App,
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: app.dataPath,
    DATA_DIR: app.dataPath,
    MILLRACE_URL: app.url,
    NODE_ENV: "production" as const,
    ...environment,
  };
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], { env });
    return { code: 0, stdout: stdout.trim(), stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout: stdout.trim(), stderr };
  }
}
