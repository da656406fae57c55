import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { AppError } from "#lib/errors.ts";
import { log } from "#server/log.ts";
import { isAnswer } from "./engine-answers.ts";

/** A daemon that is started anew answers within this. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/** Containers of this server that may still run, as their daemon did not take them away; by the folder they work in. */
const lost = new Map<string, Set<string>>();

interface Removal {
  folder: string;
  patienceMs?: number;
}

/**
 * Ends a container and takes it away; what the daemon does not do in time is noted for `removeLost`. Never rejects.
 */
export async function removeOrNote(
  engine: Docker,
  containerId: string,
  { folder, patienceMs = PATIENCE_MS }: Removal,
): Promise<void> {
  try {
    await removeContainer(engine, containerId, patienceMs);
  } catch (error) {
    log.warn({ err: error, container: containerId }, "a container was not removed");
    lost.set(folder, (lost.get(folder) ?? new Set()).add(containerId));
  }
}

/**
 * Takes away what is left of containers that were lost in the folder. Throws `unavailable` when that cannot be done: what
 * comes next would work beside them.
 */
export async function removeLost(
  engine: Docker,
  { folder, patienceMs = PATIENCE_MS }: Removal,
): Promise<void> {
  for (const containerId of lost.get(folder) ?? []) {
    try {
      await removeContainer(engine, containerId, patienceMs);
    } catch (cause) {
      const message = "What ran in the session's folder before cannot be ended";
      throw new AppError("unavailable", message, { cause });
    }
    lost.get(folder)?.delete(containerId);
  }
  lost.delete(folder);
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
