import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { log } from "#server/log.ts";
import { isAttended, removeContainer, retryLost } from "./lost-containers.ts";
import { isOurs, SERVER } from "./orphans.ts";

const INTERVAL_MS = 60_000;
/** A daemon that hangs does not keep the server from ending. */
const LAST_TIME_MS = 5_000;

/**
 * Takes away containers of this server that nobody in it answers for, every minute: the daemon was away when they were to
 * end, or when they were made. Returns how to stop, which looks a last time.
 */
export function startContainerKeeper(engine: Docker): () => Promise<void> {
  let keeping: Promise<void> | null = null;
  const keep = () =>
    (keeping ??= removeUnattended(engine)
      .catch((error: unknown) => log.warn({ err: error }, "lost containers not looked for"))
      .finally(() => (keeping = null)));
  const timer = setInterval(() => void keep(), INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    const lastTime = Promise.resolve(keeping).then(keep);
    await Promise.race([lastTime, delay(LAST_TIME_MS, undefined, { ref: false })]);
  };
}

/** Throws when the daemon is away. */
async function removeUnattended(engine: Docker): Promise<void> {
  await retryLost(engine);
  const listed = await engine.listContainers({ all: true, filters: { label: [SERVER] } });
  for (const { Id: container, Labels: labels, Names: names } of listed) {
    // The daemon writes a slash before each name.
    if (!isOurs(labels) || names.some((name) => isAttended(name.replace(/^\//, "")))) continue;
    await removeContainer(engine, container, 0).catch((error: unknown) =>
      log.warn({ err: error, container }, "a container of nobody was not removed"),
    );
  }
}
