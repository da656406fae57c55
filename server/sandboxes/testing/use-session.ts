import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll } from "vitest";
import type {
  ProcessLimits,
  SandboxDriver,
  SandboxedProcess,
  SessionSandbox,
  SessionSandboxOptions,
} from "../sandbox.ts";

export const GENEROUS: ProcessLimits = {
  memoryBytes: 512 * 1024 ** 2,
  processCount: 64,
  processorCount: null,
  fileBytes: 1024 ** 3,
};

interface StartOptions extends Partial<SessionSandboxOptions> {
  environment?: Record<string, string>;
}

/**
 * Folders of a session (`session`, its `home` in it), of another one and of a mirror, and shell scripts that run in the
 * first session's sandbox. The sandbox is made by the first script of a test, with its options, and closed after it.
 */
export function useSession(openDriver: () => SandboxDriver) {
  const refused: string[] = [];
  let folder: string;
  let sandbox: SessionSandbox | null = null;
  const children: SandboxedProcess[] = [];
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-isolation-"));
    for (const name of ["session/home", "other-session", "mirror"])
      await mkdir(at(name), { recursive: true });
    await writeFile(at("other-session/secret"), "of somebody else");
    await writeFile(at("mirror/pack"), "history\n");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const child of children.splice(0)) await child.stop({ graceMs: 0 });
    await sandbox?.close();
    sandbox = null;
    refused.length = 0;
  });

  async function prepare(options: Partial<SessionSandboxOptions> = {}): Promise<SessionSandbox> {
    sandbox ??= await openDriver().prepare({
      sessionId: "ses_1",
      generation: 1,
      writablePaths: [at("session")],
      readablePaths: [at("mirror")],
      egress: { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [] },
      limits: GENEROUS,
      onRefused: (name) => refused.push(name),
      ...options,
    });
    return sandbox;
  }

  async function start(script: string, { environment, ...options }: StartOptions = {}) {
    const prepared = await prepare(options);
    const child = await prepared.spawn({
      command: "/bin/sh",
      args: ["-c", script],
      cwd: at("session"),
      homePath: at("session/home"),
      environment: { GREETING: "hello", ...environment },
    });
    children.push(child);
    return child;
  }

  const run = async (...args: Parameters<typeof start>) => finish(await start(...args));
  return { at, refused, prepare, start, run };
}

/** What it wrote, both outputs together, and its exit code. */
export async function finish(child: SandboxedProcess) {
  child.stdin.end();
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const { code } = await child.exited;
  return { code, out: out.trim(), all: out + complaints };
}
