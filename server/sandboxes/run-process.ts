import type { ExitState, Sandbox, SpawnRequest } from "./sandbox.ts";

interface RunProcessOptions {
  sandbox: Sandbox;
  request: SpawnRequest;
  signal: AbortSignal;
  timeoutMs: number;
  /** Ends what the child started and left behind also when it ended by itself. */
  endsLeftovers: boolean;
  onStdout(chunk: Buffer): void;
  onStderr(chunk: Buffer): void;
}

export interface ProcessResult extends ExitState {
  isTimedOut: boolean;
}

/**
 * Runs a child to its end, without input. When time is up or `signal` fires, its whole group is ended first; then a
 * time-out is told in the result, and an abort throws the signal's reason.
 */
export async function runProcess(options: RunProcessOptions): Promise<ProcessResult> {
  const { sandbox, request, signal, timeoutMs, endsLeftovers } = options;
  signal.throwIfAborted();
  const child = await sandbox.spawn(request);
  child.stdout.on("data", options.onStdout);
  child.stderr.on("data", options.onStderr);
  child.stdin.end();

  const end = await firstOf({ exited: child.exited, signal, timeoutMs });
  if (end !== "exited" || endsLeftovers) await child.stop();
  signal.throwIfAborted();
  return { ...(await child.exited), isTimedOut: end === "timeout" };
}

function firstOf({
  exited,
  signal,
  timeoutMs,
}: {
  exited: Promise<unknown>;
  signal: AbortSignal;
  timeoutMs: number;
}): Promise<"exited" | "timeout" | "aborted"> {
  return new Promise((resolve) => {
    const finish = (end: "exited" | "timeout" | "aborted") => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(end);
    };
    const onAbort = () => finish("aborted");
    const timer = setTimeout(finish, timeoutMs, "timeout");
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    void exited.then(() => finish("exited"));
  });
}
