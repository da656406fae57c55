import { AppError } from "#lib/errors.ts";
import type { Log } from "#server/log.ts";
import type { SandboxedProcess } from "#server/sandboxes/sandbox.ts";
import type { AgentProcess } from "./agent-process.ts";
import { MessageTooLargeError } from "./message-stream.ts";

interface EndingOptions {
  child: SandboxedProcess;
  process: AgentProcess;
  label: string;
  log: Log;
}

/** Ends agents that cannot be used any more: their exit is what tells their owner to start another. */
export function createAgentEnding({ child, process, label, log }: EndingOptions) {
  /** Resolves when the agent has exited. Never rejects: what could not be stopped is in the log. */
  async function giveUp(): Promise<void> {
    try {
      await child.stop();
    } catch (error) {
      log.warn({ err: error, agent: label }, "agent could not be stopped");
    }
  }

  /** Stops what is left when the connection is over; why no call will be answered any more, safe to show. */
  async function afterBreak(cause: unknown): Promise<AppError> {
    if (cause instanceof MessageTooLargeError) {
      await giveUp();
      const message = `${label} sent a message larger than the limit`;
      return new AppError("unavailable", message, { cause });
    }
    // An agent that is about to exit tells more than one that was stopped.
    const error = await process.describeBreak(cause);
    await giveUp();
    return error;
  }

  return { giveUp, afterBreak };
}
