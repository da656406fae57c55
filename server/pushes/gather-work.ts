import { stat } from "node:fs/promises";
import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import { AppError } from "#lib/errors.ts";
import { packBundle } from "#server/checkpoints/checkpoint-parts.ts";
import { findCheckpoint } from "#server/checkpoints/find-checkpoint.ts";
import { findLfs, packLfs } from "#server/checkpoints/pack-lfs.ts";
import { openLfs, openPart } from "#server/checkpoints/restore-checkpoint.ts";
import { dropKeptLfs, saveWorkTree } from "#server/checkpoints/save-work-tree.ts";
import { readScript, runScript } from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { openSessionSandbox } from "#server/sessions/actor/open-session-sandbox.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";

/** Of the script that reads the work tree, and of the one that packs it. */
const SCRIPT_TIMEOUT_MS = 5 * 60_000;
/** Apart from what the session's owner keeps at the same time. */
const NAME = "push";

interface SessionKey {
  sessionId: string;
  generation: number;
}

/** What a session has done, as git knows it: words of an agent until git has checked them. */
export interface GatheredWork {
  git: SavedGit;
  /** Where the session's branch began; null where the repository had no commit. */
  baseCommit: string | null;
  /** A bundle of what git names, without what the base has. */
  bundle: AsyncIterable<Uint8Array>;
  /** Its own objects of Git LFS as tar(1) has them; null for none. */
  lfs: AsyncIterable<Uint8Array> | null;
}

/**
 * Gives `use` the work of a session: from its folder, where that is on this host, otherwise from the checkpoint that
 * holds it. Git runs in the session's sandbox there, as for a checkpoint: what an agent has left in the folder (hooks,
 * filters, settings) has the agent's rights and no others. Throws `unavailable` when nobody has the files.
 */
export async function withWork<Result>(
  services: Services,
  { session, signal }: { session: SessionKey; signal: AbortSignal },
  use: (work: GatheredWork) => Promise<Result>,
): Promise<Result> {
  const { sql } = services.database;
  const { environment } = services;
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, ...session });
  const [here] = await sql<{ baseCommit: string | null }[]>`
    select base_commit as "baseCommit" from workspaces
    where session_id = ${session.sessionId} and generation = ${session.generation}
      and host_id = ${services.hostId} and state = 'prepared'`;
  if (here === undefined || !(await isFolder(folders.repositoryPath))) {
    const checkpoint = await findCheckpoint(sql, session);
    if (checkpoint === null) throw missing();
    const bundle = openPart(services, checkpoint, "bundle");
    return use({ ...checkpoint, bundle, lfs: openLfs(services, checkpoint) });
  }
  const sandbox = await openSessionSandbox(services, {
    ownership: session,
    folders,
    isVisitor: true,
    onOutput: () => {},
  });
  const shell = { sandbox, folders, signal, timeoutMs: SCRIPT_TIMEOUT_MS };
  try {
    const maxBytes = environment.CHECKPOINT_MAX_BYTES;
    const git = await saveWorkTree(shell, { maxBytes, name: NAME, keepLfs: true });
    const { baseCommit } = here;
    const bundle = readScript(shell, packBundle(git, baseCommit, NAME));
    const hasLfs = (await runScript(shell, findLfs(git, baseCommit, NAME))) !== "";
    const lfs = hasLfs ? readScript(shell, packLfs(git, baseCommit, NAME)) : null;
    return await use({ git, baseCommit, bundle, lfs });
  } finally {
    await dropKeptLfs(services, shell, NAME);
    await sandbox.close();
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

const missing = () =>
  new AppError("unavailable", "This session's files are not here, and nothing else has them", {
    details: { reason: "files" },
  });
