import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import type { ExitState } from "../sandbox.ts";

/** Of a program that nobody can ask about any more: it may run on. */
export const UNKNOWN_END: ExitState = { code: null, signal: "SIGKILL" };

/**
 * Resolves when the container's program has ended; with `UNKNOWN_END` as soon as the daemon is gone, which dockerode's own
 * `wait` would never tell. Never rejects. A program that a signal ended has 128 and its number.
 */
export async function waitForEnd(engine: Docker, containerId: string): Promise<ExitState> {
  try {
    const answer = JSON.parse(await text(await ask(engine, containerId))) as { StatusCode: number };
    return { code: answer.StatusCode, signal: null };
  } catch {
    return UNKNOWN_END;
  }
}

/** The head of the answer comes at once, its body with the end. */
function ask(engine: Docker, containerId: string): Promise<IncomingMessage> {
  const request = {
    path: `/containers/${containerId}/wait`,
    method: "POST",
    isStream: true,
    statusCodes: { 200: true, 404: "no such container", 500: "server error" },
  };
  return new Promise((resolve, reject) => {
    engine.modem.dial(request, (error, answer) => {
      if (error) reject(error);
      else resolve(answer as IncomingMessage);
    });
  });
}
