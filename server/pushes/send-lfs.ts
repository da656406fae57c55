import { join } from "node:path";
import type { Repository } from "#lib/repository.ts";
import { createBudget } from "#server/checkpoints/take-checkpoint.ts";
import { findLfsEndpoint } from "#server/lfs/find-lfs-endpoint.ts";
import { storeObject } from "#server/lfs/lfs-store.ts";
import type { PointerFile } from "#server/lfs/parse-pointer.ts";
import { readTar } from "#server/lfs/read-tar.ts";
import { uploadObjects } from "#server/lfs/upload-objects.ts";
import type { AddressRules } from "#server/workspaces/check-repository-address.ts";
import type { GatheredWork } from "./gather-work.ts";
import { listNewPointers } from "./list-new-pointers.ts";
import type { ScratchRepository } from "./scratch-repository.ts";

interface SendLfsOptions {
  work: Pick<GatheredWork, "lfs" | "baseCommit">;
  /** What the branch shall name. */
  commitId: string;
  repository: Repository;
  rules: AddressRules;
  maxBytes: number;
}

/**
 * Brings the session's own objects of Git LFS to the remote that `commitId` needs and no branch there has yet, before
 * the branch is pushed. Throws, by its file, for one that neither the session nor the remote has. The server's address is
 * what the commit says that the session began from: an agent does not choose where files go. Safe to run again.
 */
export async function sendLfs(
  scratch: ScratchRepository,
  { work, commitId, repository, rules, maxBytes }: SendLfsOptions,
): Promise<void> {
  const wanted = await listNewPointers(scratch, commitId);
  if (wanted.length === 0) return;
  const { context } = scratch;
  const storePath = join(context.cwd, "lfs");
  if (work.lfs) await takeLfsObjects(work.lfs, { wanted, storePath, maxBytes, context });
  const { allowedPrivateHosts } = rules;
  const where = { context, repository, commit: work.baseCommit, allowedPrivateHosts };
  const endpoint = await findLfsEndpoint({ ...where, operation: "upload" });
  await uploadObjects({ access: { repository, rules }, endpoint, files: wanted, storePath });
}

interface TakeOptions {
  wanted: readonly PointerFile[];
  storePath: string;
  maxBytes: number;
  context: ScratchRepository["context"];
}

/** Stores what the session has of them. */
async function takeLfsObjects(
  archive: AsyncIterable<Uint8Array>,
  { wanted, storePath, maxBytes, context: { signal } }: TakeOptions,
): Promise<void> {
  const byId = new Map(wanted.map((file) => [file.oid, file]));
  for await (const { name, bytes } of readTar(createBudget(maxBytes).take(archive))) {
    const file = byId.get(name.slice(name.lastIndexOf("/") + 1));
    if (file) await storeObject(storePath, file, { source: bytes, signal });
  }
}
