import { log } from "#server/log.ts";
import { killProcessesOfHome } from "#server/sandboxes/kill-stray-process.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import { consolidateMirror, isScattered } from "./consolidate-mirror.ts";
import { type EvictOptions, evictMirrors } from "./evict-mirrors.ts";
import { tryLockFile } from "./file-lock.ts";
import { listMirrorFolders, type MirrorFolders, removeUnfinished } from "./mirror-folders.ts";

/** Mirrors grow with fetches, which need not wait for this. */
const INTERVAL_MS = 60_000;
const STRAY_GRACE_MS = 500;

export interface MirrorKeeperOptions extends EvictOptions {
  sandbox: Sandbox;
  /** Of one call of git. */
  timeoutMs: number;
}

export interface MirrorKeeper {
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Keeps the mirrors of this machine small and tidy, at once and every minute. */
export function startMirrorKeeper(options: MirrorKeeperOptions): MirrorKeeper {
  const stopping = new AbortController();
  let keeping: Promise<void> | null = null;
  const keep = () => {
    keeping ??= keepMirrors(options, stopping.signal)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error }, "mirrors not kept");
      })
      .finally(() => (keeping = null));
  };
  keep();
  const timer = setInterval(keep, INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort(new Error("The server is stopping"));
      await keeping;
    },
  };
}

/** Evicts what is too much, and consolidates what is scattered. Safe to run twice, and while sessions use the mirrors. */
export async function keepMirrors(
  options: MirrorKeeperOptions,
  signal: AbortSignal,
): Promise<void> {
  await evictMirrors(options);
  for (const folders of await listMirrorFolders(options.dataDir)) {
    signal.throwIfAborted();
    if (!(await isScattered(folders))) continue;
    await consolidateLocked(options, folders, signal).catch((error: unknown) => {
      // The next one may be well.
      if (!signal.aborted) log.warn({ err: error, path: folders.basePath }, "mirror not repacked");
    });
  }
}

async function consolidateLocked(
  { sandbox, timeoutMs }: MirrorKeeperOptions,
  folders: MirrorFolders,
  signal: AbortSignal,
): Promise<void> {
  const lock = await tryLockFile(folders.lockPath);
  // Somebody fetches: there is a next time.
  if (lock === null) return;
  try {
    if (lock.isInherited) {
      await killProcessesOfHome(folders.homePath, STRAY_GRACE_MS);
      await removeUnfinished(folders);
    }
    await consolidateMirror({ sandbox, homePath: folders.homePath, signal, timeoutMs }, folders);
  } catch (error) {
    await removeUnfinished(folders);
    throw error;
  } finally {
    await lock.release();
  }
}
