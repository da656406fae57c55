import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProcess } from "#server/sandboxes/process-table.ts";

const POLL_MS = 40;
/** Stands in names of files that are on the way to their place. */
const NEW = ".new-";

/** Who holds a lock. Boot, pid and start time identify a process of this machine for good. */
export interface Owner {
  pid: number;
  startTicks: number | null;
  bootId: string | null;
  nonce: string;
}

export interface FileLock {
  /** The last owner died with it: what it worked on may be half done. */
  isInherited: boolean;
  release(): Promise<void>;
}

/**
 * Waits for the lock file and takes it; throws the signal's reason when aborted. Works between processes of one
 * machine and inside one. A lock whose owner died, by kill -9 too, is taken over.
 */
export async function lockFile(
  path: string,
  { signal, onWait }: { signal: AbortSignal; onWait?: () => void },
): Promise<FileLock> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const lock = await tryLockFile(path);
    if (lock !== null) return lock;
    if (attempt === 0) onWait?.();
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Takes the lock file if nobody alive holds it; null otherwise. */
export async function tryLockFile(path: string): Promise<FileLock | null> {
  const owner = currentOwner();
  const release = async () => {
    if ((await findOwner(path))?.nonce === owner.nonce) await rm(path, { force: true });
  };
  if (await createOwned(path, owner)) {
    await removeAbandoned(path);
    return { isInherited: false, release };
  }
  const holder = await findOwner(path);
  if (holder === null || isAlive(holder)) return null;
  if (!(await takeOver(path, holder, owner))) return null;
  await removeAbandoned(path);
  return { isInherited: true, release };
}

/** Whether the process that wrote this lock file still lives; false when there is no such file. */
export async function isHeldByLiving(path: string): Promise<boolean> {
  const owner = await findOwner(path);
  return owner !== null && isAlive(owner);
}

/**
 * Replaces the lock of a dead holder. The right to do so is itself a file named after that holder, so only one process
 * ever gets it. Should that one die as well before it is done, the next right is named after it, and so on. False when
 * somebody else was faster, however long ago `holder` was read.
 */
export async function takeOver(path: string, holder: Owner, owner: Owner): Promise<boolean> {
  const rights: string[] = [];
  for (let dead = holder; ;) {
    const right = `${path}.after-${dead.nonce}`;
    rights.push(right);
    if (await createOwned(right, owner)) break;
    const heir = await findOwner(right);
    if (heir === null || isAlive(heir)) return false;
    dead = heir;
  }
  // Somebody may have taken over, and thrown the rights away, between our look at the lock and our claim.
  const isUnchanged = (await findOwner(path))?.nonce === holder.nonce;
  if (isUnchanged) await moveOwned(path, owner);
  for (const right of isUnchanged ? rights : rights.slice(-1)) await rm(right, { force: true });
  return isUnchanged;
}

/** A file appears with its whole content or not at all; false when it is there already. */
async function createOwned(path: string, owner: Owner): Promise<boolean> {
  const temporary = `${path}${NEW}${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(owner));
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Takes away what processes were about to put in the lock's place when they were killed. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}${NEW}`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const temporary = join(folder, name);
    // Half written: somebody may be at it.
    const writer = await findOwner(temporary).catch(() => null);
    if (writer !== null && !isAlive(writer)) await rm(temporary, { force: true });
  }
}

async function moveOwned(path: string, owner: Owner): Promise<void> {
  const temporary = `${path}${NEW}${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(owner));
  await rename(temporary, path);
}

async function findOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function currentOwner(): Owner {
  const startTicks = findProcess(process.pid)?.startTicks ?? null;
  return { pid: process.pid, startTicks, bootId: readBootId(), nonce: randomUUID() };
}

function isAlive({ pid, startTicks, bootId }: Owner): boolean {
  if (bootId !== readBootId()) return false;
  if (startTicks !== null) {
    const entry = findProcess(pid);
    return entry !== null && entry.isRunning && entry.startTicks === startTicks;
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Null where there is no `/proc`. */
function readBootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
