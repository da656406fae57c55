import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError } from "#lib/errors.ts";
import { runProcess } from "#server/sandboxes/run-process.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import { createRedactor } from "#server/sandboxes/redact-output.ts";
import type { WorkspaceFolders } from "./workspace-folders.ts";

const COMMAND_VARIABLE = "MILLRACE_SETUP_COMMAND";

export interface SetupCommandOptions {
  sandbox: Sandbox;
  folders: WorkspaceFolders;
  /** For `/bin/sh`, as the person wrote it. */
  command: string;
  environment: Record<string, string>;
  signal: AbortSignal;
  timeoutMs: number;
  /** Gets both outputs as they come, line by line, credentials and the values of `environment` removed. */
  onOutput(text: string): void;
}

/**
 * Runs one setup command in the work tree. Throws `invalid_input` when it fails or takes too long. It is over when its
 * shell is: what it left in the background is ended, as is everything on time-out and abort.
 */
export async function runSetupCommand(options: SetupCommandOptions): Promise<void> {
  const { sandbox, folders, command, environment, signal, timeoutMs, onOutput } = options;
  const secrets = Object.values(environment);
  const redactors = [createRedactor(onOutput, secrets), createRedactor(onOutput, secrets)] as const;
  const result = await runProcess({
    sandbox,
    signal,
    timeoutMs,
    endsLeftovers: true,
    onStdout: (chunk) => redactors[0].write(chunk),
    onStderr: (chunk) => redactors[1].write(chunk),
    request: {
      command: "/bin/sh",
      // Not as an argument: the process list shows those, and a command may hold a token.
      args: ["-c", `command=$${COMMAND_VARIABLE}; unset ${COMMAND_VARIABLE}; eval "$command"`],
      cwd: folders.repositoryPath,
      homePath: folders.homePath,
      environment: {
        TMPDIR: folders.temporaryPath,
        ...environment,
        [COMMAND_VARIABLE]: command,
      },
    },
  });
  for (const redactor of redactors) redactor.end();
  if (result.isTimedOut) {
    const message = `The setup command did not finish within ${durationInWords(timeoutMs)}`;
    throw new AppError("invalid_input", message, { details: { reason: "timeout", timeoutMs } });
  }
  if (result.code !== 0) throw (await sandbox.findTrouble?.()) ?? setupFailure(result);
}

function setupFailure({ code, signal }: { code: number | null; signal: string | null }): AppError {
  const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
  return new AppError("invalid_input", `The setup command ${how}`, {
    details: { reason: "setup_failed", exitCode: code },
  });
}
