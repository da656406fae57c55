import { AppError } from "#lib/errors.ts";
import type { SandboxedProcess } from "#server/sandboxes/sandbox.ts";
import { createLineTail } from "./line-tail.ts";
import { redactLine } from "./redact-line.ts";

const STDERR_TAIL_LINES = 40;
/** How long an agent that is about to exit may take. */
export const EXIT_WAIT_MS = 2_000;

export interface AgentExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Last lines the agent wrote to standard error, credentials removed, oldest first. */
  stderrTail: string[];
}

export interface AgentProcess {
  exited: Promise<AgentExit>;
  redact(text: string): string;
  /** Why a call that was open when the connection broke will never be answered; safe to show. */
  describeBreak(cause: unknown): Promise<AppError>;
}

interface WatchOptions {
  label: string;
  /** Values that must never be shown. */
  secrets: string[];
  onStderr?: ((text: string) => void) | undefined;
}

/** Follows a started agent: its standard error and its end. */
export function watchAgentProcess(
  child: SandboxedProcess,
  { label, secrets, onStderr }: WatchOptions,
): AgentProcess {
  const tail = createLineTail({ maxLines: STDERR_TAIL_LINES });
  const decoder = new TextDecoder();
  child.stderr.on("data", (chunk: Buffer) => {
    const text = decoder.decode(chunk, { stream: true });
    tail.push(text);
    onStderr?.(text);
  });
  // A broken pipe is followed by the exit, which tells more.
  child.stderr.on("error", () => {});
  child.stdin.on("error", () => {});

  const redact = (text: string) => redactLine(text, secrets);
  const exited = child.exited.then(({ code, signal }) => ({
    code,
    signal,
    stderrTail: tail.lines().map(redact),
  }));

  async function describeBreak(cause: unknown): Promise<AppError> {
    const exit = await withinMs(exited, EXIT_WAIT_MS);
    if (exit === null)
      return new AppError("unavailable", `${label} closed its connection`, { cause });
    const { code, signal, stderrTail } = exit;
    const how = signal ? `was ended by ${signal}` : `exited with code ${code ?? "unknown"}`;
    const lastLine = stderrTail.at(-1);
    const message = `${label} ${how}${lastLine ? `: ${lastLine}` : ""}`;
    return new AppError("unavailable", message, { cause, details: { exitCode: code, signal } });
  }

  return { exited, redact, describeBreak };
}

/** The value, or null when it takes longer. */
export async function withinMs<T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, null);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
