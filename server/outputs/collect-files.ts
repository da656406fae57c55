import { realpath } from "node:fs/promises";
import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import type { OutputServices } from "./begin-output.ts";
import { type FollowedFile, followFile, hasGrown } from "./follow-file.ts";
import { findKnownFiles } from "./find-known-files.ts";
import { type FoundFile, type FoundFiles, listFiles, openListedFile } from "./list-files.ts";
import { REFUSAL_ROWS_MAX, refuseOutput, REST_PORT } from "./refuse-output.ts";
import { describeFile, type FileOutput, storeFile } from "./store-file.ts";
import { storeSmallFiles } from "./store-small-files.ts";

const SCAN_MS = 3_000;
/** A file that is still written at the end of a turn is read so often. */
const ATTEMPTS = 3;
/** So many are brought out while they grow; others once they rest. */
const FOLLOWED_MAX = 8;
/** Of names that no output can have, so many are told, and so much of each. */
const QUOTED_MAX = 3;
const QUOTED_MAX_LENGTH = 80;
/** The end of a turn waits for its files so long at most. */
const END_MS = 120_000;

export interface CollectedFolder extends FileOutput {
  /** Of the workspace, which the agent cannot move; in it `repository/outputs` is collected, which it can. */
  basePath: string;
}

/** Brings out what an agent writes under `outputs/` in its workspace. */
export interface FileCollector {
  /** From now on files that rest for some seconds are brought out. */
  beginTurn(): void;
  /**
   * Brings out all that have changed; resolves when they are stored, after two minutes, or when the signal is aborted:
   * what is left then is told of, and comes with the next turn. Never rejects: what fails is told of and logged.
   */
  endTurn(options?: { signal?: AbortSignal; limitMs?: number }): Promise<void>;
  /** Looks no more until the next turn. Safe to repeat. */
  rest(): void;
}

/**
 * What lies there when the workspace's first agent begins, such as files of the repository, is no output until it
 * changes; what a turn wrote that was cut off is one of the next.
 */
export async function collectFiles(
  services: OutputServices,
  { basePath, ...target }: CollectedFolder,
): Promise<FileCollector> {
  const folder = { basePath: await realpath(basePath), within: "repository/outputs" };
  const { files: present } = await listFiles(folder);
  const known = await findKnownFiles(services, target, present);
  let resting = new Map<string, FoundFile>();
  const followed = new Map<string, FollowedFile>();
  /** By port: following these has failed in this turn, and would again. */
  const unfollowed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let scanning: Promise<void> = Promise.resolve();
  let stopping = new AbortController();

  const bringOut = async (file: FoundFile, { attempts, isLast, signal }: BringOut) => {
    for (let left = attempts, found: FoundFile | undefined = file; found; left -= 1) {
      const { version } = found;
      const opened = await openListedFile(folder, found);
      try {
        const keepsPart = isLast && left === 1;
        const options = { ...target, opened: opened!, port: file.port, keepsPart, signal };
        if (opened && (await storeFile(services, options))) known.set(file.port, version);
      } finally {
        await opened?.close();
      }
      if (left === 1 || known.get(file.port) === version) return;
      const { files } = await listFiles(folder, { signal });
      found = files.find(({ port }) => port === file.port);
    }
  };

  const refuse = async (file: FoundFile, error: unknown) => {
    const reason = toAppError(error);
    services.log.warn({ err: error, port: file.port }, "a file was not brought out");
    // It would be refused again with every look.
    if (reason.code === "too_large") known.set(file.port, file.version);
    if (!(await hasRow(file))) await refuseOutput(services, describeFile(target, file), reason);
  };
  /** One that broke off says itself why. */
  const hasRow = async ({ port, version }: FoundFile) => {
    const [row] = await services.database.sql`
      select from outputs
      where session_id = ${target.sessionId} and generation = ${target.generation}
        and execution_id = ${target.executionId} and port = ${port} and file_version = ${version}`;
    return row !== undefined;
  };
  const tellRest = async (message: string | null, { isNew }: { isNew: boolean }) => {
    if (message === null || (!isNew && known.get(REST_PORT) === message)) return;
    const row = { ...describeFile(target, { port: REST_PORT, version: message }), name: null };
    await refuseOutput(services, row, { message });
    known.set(REST_PORT, message);
  };

  /** A file that grows is brought out meanwhile; should that fail, it is once it rests. */
  const goOn = async (file: FoundFile, { before, signal }: Growth) => {
    const { port } = file;
    try {
      if (!followed.has(port)) {
        if (unfollowed.has(port) || followed.size >= FOLLOWED_MAX) return;
        if (!hasGrown(before, file)) return;
        followed.set(port, await followFile(services, { folder, target, file, signal }));
      }
      if (!(await followed.get(port)!.readOn(file))) followed.delete(port);
    } catch (error) {
      followed.delete(port);
      unfollowed.add(port);
      services.log.debug({ err: error, port }, "a growing file is not followed");
    }
  };
  /** False for a file that was not followed, or has become another: it is to be brought out. */
  const finishFollowed = async (file: FoundFile): Promise<boolean> => {
    const one = followed.get(file.port);
    followed.delete(file.port);
    const version = one ? await one.finish(file) : null;
    if (version !== null) known.set(file.port, version);
    return version !== null;
  };
  const cutMissing = async (seen: ReadonlyMap<string, unknown>) => {
    for (const [port, one] of followed) {
      if (seen.has(port)) continue;
      followed.delete(port);
      await one.cut(new AppError("gone", "The file was removed while it was written"));
    }
  };
  const cutFollowed = async (reason: AppError) => {
    const left = [...followed.values()];
    followed.clear();
    for (const one of left) await one.cut(reason);
  };

  const scan = async ({ isLast, signal }: { isLast: boolean; signal: AbortSignal }) => {
    const found = await listFiles(folder, { signal });
    const rested = resting;
    resting = new Map(found.files.map((file) => [file.port, file]));
    const changed = found.files.filter(({ port, version }) => known.get(port) !== version);
    const isDue = ({ port, version }: FoundFile) => isLast || rested.get(port)?.version === version;
    const due = changed.filter(isDue);
    // Of a look that was cut short nothing is missing.
    if (!found.isCut) await cutMissing(resting);
    for (const file of changed)
      if (!isDue(file)) await goOn(file, { before: rested.get(file.port), signal });
    const onStored = ({ port, version }: FoundFile) => known.set(port, version);
    const isFollowed = ({ port }: FoundFile) => followed.has(port);
    const files = due.filter((file) => !isFollowed(file));
    const left = await storeSmallFiles(services, { folder, target, files, onStored, signal });
    let refusalCount = 0;
    let lateCount = 0;
    for (const file of [...due.filter(isFollowed), ...left]) {
      try {
        if (signal.aborted) lateCount += 1;
        else if (!(await finishFollowed(file)))
          await bringOut(file, { attempts: isLast ? ATTEMPTS : 1, isLast, signal });
      } catch (error) {
        if (isAppError(error) && error.code === "gone") break;
        if (!isLast && !isTooLarge(error)) continue;
        refusalCount += 1;
        if (refusalCount <= REFUSAL_ROWS_MAX) await refuse(file, error);
      }
    }
    const moreCount = Math.max(0, refusalCount - REFUSAL_ROWS_MAX);
    const rest = describeRest(found, { moreCount, lateCount });
    if (isLast) await cutFollowed(outOfTime());
    if (isLast) await tellRest(rest, { isNew: moreCount + lateCount > 0 });
  };
  const scanSafely = (options: { isLast: boolean; signal: AbortSignal }) => {
    scanning = scanning
      .then(() => scan(options))
      .catch((error: unknown) => services.log.warn({ err: error }, "outputs not looked for"));
    return scanning;
  };

  return {
    beginTurn() {
      let isIdle = true;
      unfollowed.clear();
      stopping = new AbortController();
      const { signal } = stopping;
      clearInterval(timer);
      timer = setInterval(() => {
        if (!isIdle) return;
        isIdle = false;
        void scanSafely({ isLast: false, signal }).finally(() => (isIdle = true));
      }, SCAN_MS).unref();
    },
    async endTurn({ signal: given, limitMs = END_MS } = {}) {
      clearInterval(timer);
      const turn = stopping;
      const stop = () => turn.abort(outOfTime());
      const limit = setTimeout(stop, limitMs);
      given?.addEventListener("abort", stop, { once: true });
      if (given?.aborted) stop();
      const aborted = new Promise<void>((resolve) => {
        turn.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      const scanned = scanSafely({ isLast: true, signal: turn.signal });
      await Promise.race([scanned, aborted.then(() => settledSoon(scanned))]);
      clearTimeout(limit);
      given?.removeEventListener("abort", stop);
    },
    rest() {
      clearInterval(timer);
      void scanning.then(() => cutFollowed(outOfTime()));
    },
  };
}

interface Growth {
  /** As it was when it was looked at before. */
  before: FoundFile | undefined;
  signal: AbortSignal;
}

interface BringOut {
  attempts: number;
  isLast: boolean;
  signal: AbortSignal;
}

/** What was cut off is marked meanwhile, unless storage hangs. */
const settledSoon = (scanned: Promise<void>) =>
  Promise.race([scanned, new Promise<void>((resolve) => setTimeout(resolve, 5_000).unref())]);

const isTooLarge = (error: unknown) => isAppError(error) && error.code === "too_large";

const outOfTime = () =>
  new AppError("unavailable", "The turn ended before the file was stored; the next one brings it");

/** Null when nothing was left out. */
function describeRest(
  { unnameable, isCut }: FoundFiles,
  { moreCount, lateCount }: { moreCount: number; lateCount: number },
): string | null {
  const reasons = [
    unnameable.length > 0 &&
      `${unnameable.length} have names that no output can have: ${quoteSome(unnameable)}`,
    isCut && "there are more files, or deeper folders, than are looked at",
    moreCount > 0 && `${moreCount} more were refused`,
    lateCount > 0 && `${lateCount} come with the next turn, as this one had no time left`,
  ].filter((reason) => reason !== false);
  return reasons.length === 0 ? null : `Files were not brought out: ${reasons.join("; ")}`;
}

/** The first ones, with what cannot be seen of them written out. */
function quoteSome(names: readonly string[]): string {
  const some = names.toSorted().slice(0, QUOTED_MAX);
  const quoted = some.map((name) => JSON.stringify(name.slice(0, QUOTED_MAX_LENGTH)));
  return quoted.join(", ") + (names.length > some.length ? ", …" : "");
}
