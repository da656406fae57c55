import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError } from "#lib/errors.ts";
import { runProcess } from "#server/sandboxes/run-process.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import { gitEnvironment, type GitRemote } from "./git-environment.ts";
import { gitFailure } from "./git-failure.ts";
import { createRedactor } from "#server/sandboxes/redact-output.ts";

/** Whatever git is asked for, it is less than this. */
const STDOUT_MAX_BYTES = 16 * 1024 * 1024;
const STDERR_TAIL_CHARACTERS = 8_192;

/** What every call of git needs and callers pass through. */
export interface GitContext {
  sandbox: Sandbox;
  /** HOME of git; processes that a dead server left behind are found by it. */
  homePath: string;
  signal: AbortSignal;
  /** Of one call of git. */
  timeoutMs: number;
  /** Gets git's messages and progress, credentials removed. */
  onOutput?(text: string): void;
}

interface RunGitOptions extends GitContext {
  /** Values that came from outside stand behind `--`, or behind `=` where git takes none. */
  args: string[];
  cwd: string;
  /** What git may talk to; nothing unless given. */
  remote?: GitRemote;
  /** Of git alone; what `gitEnvironment` says comes before it. */
  variables?: Record<string, string>;
}

/**
 * Runs git without a shell, without the machine's configuration and with no protocol but the remote's; answers what it
 * printed. Throws an `AppError` with the reason in `details.reason`; when aborted, the signal's reason, after git and
 * its helpers are gone.
 */
export async function runGit(options: RunGitOptions): Promise<string> {
  const { args, cwd, sandbox, homePath, signal, timeoutMs, remote = null } = options;
  const collected = createCollector(
    options.onOutput,
    remote?.credential ? [remote.credential.token] : [],
  );
  const result = await runProcess({
    sandbox,
    signal,
    timeoutMs,
    endsLeftovers: false,
    onStdout: collected.addStdout,
    onStderr: (chunk) => collected.redactor.write(chunk),
    request: {
      command: "git",
      args,
      cwd,
      homePath,
      environment: {
        ...options.variables,
        ...gitEnvironment(remote, await globalConfiguration(remote, homePath)),
      },
    },
  });
  collected.redactor.end();
  if (result.isTimedOut) {
    const message = `Git did not finish within ${durationInWords(timeoutMs)}`;
    throw new AppError("unavailable", message, { details: { reason: "timeout", timeoutMs } });
  }
  if (result.code !== 0) throw gitFailure(collected.stderrTail(), result.code);
  return collected.stdout();
}

/**
 * The other end of a transfer between two folders is a git of its own that drops our variables: it learns from a file
 * that the folder may belong to somebody else.
 */
async function globalConfiguration(remote: GitRemote | null, homePath: string): Promise<string> {
  if (remote?.kind !== "path") return "/dev/null";
  await mkdir(homePath, { recursive: true, mode: 0o700 });
  const path = join(homePath, "path-repositories.gitconfig");
  await writeFile(path, "[safe]\n\tdirectory = *\n");
  return path;
}

function createCollector(
  onOutput: ((text: string) => void) | undefined,
  secrets: readonly string[],
) {
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr = "";
  const redactor = createRedactor((text) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARACTERS);
    onOutput?.(text);
  }, secrets);
  return {
    redactor,
    addStdout(chunk: Buffer) {
      stdoutBytes += chunk.length;
      if (stdoutBytes <= STDOUT_MAX_BYTES) stdout.push(chunk);
    },
    stderrTail: () => stderr,
    stdout() {
      if (stdoutBytes > STDOUT_MAX_BYTES) {
        throw new AppError("too_large", "Git answered more than expected", {
          details: { bytes: stdoutBytes },
        });
      }
      return Buffer.concat(stdout).toString("utf8");
    },
  };
}
