import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { AppError } from "#lib/errors.ts";
import { log } from "#server/log.ts";
import { isAnswer } from "./engine-answers.ts";

/** A daemon that is started anew answers within this. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/** Names of containers that will be taken away by whoever had them made. */
const attended = new Set<string>();

/** Containers of this server that may still run, as their daemon did not take them away: the folder of each by its name. */
const lost = new Map<string, string>();

interface Removal {
  folder: string;
  patienceMs?: number;
}

/** A name for a container that is about to be made; it is the caller's until `removeOrNote` or `leave`. */
export function attendNew(): string {
  const name = `millrace-${randomUUID()}`;
  attended.add(name);
  return name;
}

/** For one that has never begun: whether there is a container of the name is nobody's any more. */
export const leave = (name: string): void => void attended.delete(name);

export const isAttended = (name: string): boolean => attended.has(name);

/**
 * Ends a container and takes it away; what the daemon does not do in time is noted for `removeLost` and `retryLost`. Never
 * rejects.
 */
export async function removeOrNote(
  engine: Docker,
  name: string,
  { folder, patienceMs = PATIENCE_MS }: Removal,
): Promise<void> {
  try {
    await removeContainer(engine, name, patienceMs);
  } catch (error) {
    log.warn({ err: error, container: name }, "a container was not removed");
    lost.set(name, folder);
  }
  leave(name);
}

/**
 * Takes away what is left of containers that were lost in the folder. Throws `unavailable` when that cannot be done: what
 * comes next would work beside them.
 */
export async function removeLost(
  engine: Docker,
  { folder, patienceMs = PATIENCE_MS }: Removal,
): Promise<void> {
  for (const name of [...lost.keys()].filter((it) => lost.get(it) === folder)) {
    try {
      await removeContainer(engine, name, patienceMs);
    } catch (cause) {
      const message = "What ran in the session's folder before cannot be ended";
      throw new AppError("unavailable", message, { cause });
    }
    lost.delete(name);
  }
}

/** Takes away what was lost in any folder, as far as the daemon does it at once. */
export async function retryLost(engine: Docker): Promise<void> {
  for (const name of lost.keys()) {
    try {
      await removeContainer(engine, name, 0);
      lost.delete(name);
    } catch (error) {
      log.warn({ err: error, container: name }, "a lost container was not removed");
    }
  }
}

/**
 * Resolves when everything in the container has ended and it is gone. While the daemon does not answer it is asked again:
 * one with live-restore lets containers run on without it. Throws its last error.
 */
export async function removeContainer(
  engine: Docker,
  containerId: string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    try {
      await engine.getContainer(containerId).remove({ force: true, v: true });
      return;
    } catch (error) {
      if (isAnswer(error, [404])) return;
      if (performance.now() - startMs >= patienceMs) throw error;
    }
    await delay(PAUSE_MS);
  }
}
