import type { Services } from "#server/services.ts";
import { removeWorkspace } from "#server/workspaces/remove-workspace.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { type ActorView, planKey } from "./actor-view.ts";

interface RecordOptions {
  ownership: Ownership;
  view: ActorView;
  folders: WorkspaceFolders;
}

interface WorkspaceRow {
  mirrorPath?: string;
  baseCommit?: string | null;
  state: "preparing" | "prepared";
}

/** Says where the session's folder is, how far it is, and what it was made from. */
export async function recordWorkspace(
  services: Services,
  { ownership, view, folders }: RecordOptions,
  { mirrorPath, baseCommit = null, state }: WorkspaceRow,
): Promise<void> {
  const { sessionId, generation } = ownership;
  const path = folders.basePath;
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      insert into workspaces (
        session_id, generation, host_id, path, mirror_path, base_commit, state, plan
      ) values (
        ${sessionId}, ${generation}, ${services.hostId}, ${path}, ${mirrorPath ?? null}, ${baseCommit},
        ${state}, ${planKey(view)}
      )
      on conflict (session_id, generation) do update
        set host_id = excluded.host_id, path = excluded.path, state = excluded.state,
          plan = excluded.plan, base_commit = excluded.base_commit,
          mirror_path = coalesce(excluded.mirror_path, workspaces.mirror_path), updated_at = now()`;
  });
}

/**
 * Removes this host's folder, then its row: a folder without a row would never be found again. That of another host
 * stays. Safe to run twice.
 */
export async function forgetWorkspace(
  { database, environment, hostId }: Pick<Services, "database" | "environment" | "hostId">,
  { sessionId, generation }: Pick<Ownership, "sessionId" | "generation">,
  folders: WorkspaceFolders,
): Promise<void> {
  await removeWorkspace({ dataDir: environment.DATA_DIR, path: folders.basePath });
  await database.sql`
    delete from workspaces
    where session_id = ${sessionId} and generation = ${generation} and host_id = ${hostId}`;
}
