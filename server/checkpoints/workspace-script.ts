import { pipeline } from "node:stream/promises";
import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError } from "#lib/errors.ts";
import { createRedactor } from "#server/sandboxes/redact-output.ts";
import type { Sandbox, SandboxedProcess } from "#server/sandboxes/sandbox.ts";
import { gitEnvironment } from "#server/workspaces/git-environment.ts";
import { gitFailure, gitFailureReason } from "#server/workspaces/git-failure.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";

/** Of what a script prints for us to read as a whole. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024;
const STDERR_TAIL_CHARACTERS = 8_192;

/**
 * Where scripts of ours work on a session's files: in the session's sandbox, because an agent may have left settings,
 * filters and links there that make git and tar do what it likes.
 */
export interface WorkspaceShell {
  sandbox: Sandbox;
  folders: WorkspaceFolders;
  signal: AbortSignal;
  /** Of one script. */
  timeoutMs: number;
  /** For programs that the script starts. */
  environment?: Record<string, string>;
}

export interface Script {
  /** For `/bin/sh -eu`, started in the work tree; a pipe's last command decides. */
  text: string;
  args?: readonly string[];
}

/** What the script prints, chunk by chunk; fails at its end as `scriptFailure` says. Leaving early ends the script. */
export async function* readScript(
  shell: WorkspaceShell,
  script: Script,
): AsyncGenerator<Uint8Array> {
  const run = await begin(shell, script);
  try {
    run.child.stdin.end();
    yield* run.child.stdout as AsyncIterable<Uint8Array>;
    await run.finish();
  } finally {
    await run.close();
  }
}

/** The whole of what a script prints; `too_large` above 16 MiB. */
export async function runScript(shell: WorkspaceShell, script: Script): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of readScript(shell, script)) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) {
      throw new AppError("too_large", "The session's files are too many to be listed", {
        details: { bytes },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}

/** Gives a stream to the script and waits for its end. Errors of `source` come first, then what the script says. */
export async function feedScript(
  shell: WorkspaceShell,
  script: Script,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const run = await begin(shell, script);
  let hasSourceFailed = false;
  async function* watched() {
    try {
      yield* source;
    } catch (error) {
      hasSourceFailed = true;
      throw error;
    }
  }
  try {
    run.child.stdout.resume();
    await pipeline(watched, run.child.stdin).catch((error: unknown) => {
      if (hasSourceFailed) throw error;
      // A script that stopped reading had enough, or says itself why not.
    });
    await run.finish();
  } finally {
    await run.close();
  }
}

interface Run {
  child: SandboxedProcess;
  /** Resolves when the script has ended well. */
  finish(): Promise<void>;
  /** Ends what still runs. Safe to call twice. */
  close(): Promise<void>;
}

async function begin(shell: WorkspaceShell, { text, args = [] }: Script): Promise<Run> {
  const { sandbox, folders, signal, timeoutMs, environment } = shell;
  signal.throwIfAborted();
  const child = await sandbox.spawn({
    command: "/bin/sh",
    args: ["-euc", text, "millrace", ...args],
    cwd: folders.repositoryPath,
    homePath: folders.homePath,
    environment: {
      ...gitEnvironment(null, "/dev/null"),
      GIT_NO_REPLACE_OBJECTS: "1",
      ...environment,
      TMPDIR: folders.temporaryPath,
    },
  });
  let stderr = "";
  const redactor = createRedactor((line) => {
    stderr = (stderr + line).slice(-STDERR_TAIL_CHARACTERS);
  });
  child.stderr.on("data", (chunk: Buffer) => redactor.write(chunk));
  const timeout = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([signal, timeout]);
  const stop = () => void child.stop({ graceMs: 0 });
  over.addEventListener("abort", stop, { once: true });
  if (over.aborted) stop();
  return {
    child,
    async finish() {
      const { code } = await child.exited;
      redactor.end();
      signal.throwIfAborted();
      if (timeout.aborted) throw overdue(timeoutMs);
      if (code !== 0) throw scriptFailure(stderr, code);
    },
    async close() {
      over.removeEventListener("abort", stop);
      await child.stop({ graceMs: 0 });
    },
  };
}

/** Of words that an agent can put there: they say that its disk is full or its repository damaged, nothing of others. */
function scriptFailure(stderr: string, exitCode: number | null): AppError {
  const failure = gitFailure(stderr, exitCode);
  const reason = gitFailureReason(failure);
  if (reason === "disk_full" || reason === "corrupt") return failure;
  return new AppError("internal", "Git or a program of the system failed in the session's files", {
    details: { reason: "unknown", exitCode },
    cause: failure.cause,
  });
}

const overdue = (timeoutMs: number) =>
  new AppError("unavailable", `This did not end within ${durationInWords(timeoutMs)}`, {
    details: { reason: "timeout", timeoutMs },
  });
