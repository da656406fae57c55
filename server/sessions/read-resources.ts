import type { ProfileSettings } from "#lib/profile.ts";
import type { Database } from "#server/database/database.ts";
import { MEMORY_GAP, PROCESSES_GAP } from "#server/sandboxes/gaps.ts";
import { measureFolder } from "#server/sandboxes/measure-folder.ts";
import { findWorkerSandbox, readSandboxLimits } from "#server/sandboxes/worker-sandboxes.ts";
import { type ProcessUsage, readProcesses } from "#server/sandboxes/read-usage.ts";
import type { Services } from "#server/services.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";

const DISK_MEMORY_MS = 10_000;
/** Looking may take so much of the time: a folder that takes a second is looked at every 20. */
const DISK_PAUSE_FACTOR = 20;

/** What a session has and uses of the machine that it works on, at one moment. */
export interface Resources {
  /** `elsewhere`: on a machine that this process cannot look into. `none`: it has no workspace now. */
  place: "here" | "elsewhere" | "none";
  readAt: string;
  processes: ProcessUsage[];
  /** Of its whole folder, up to some seconds old. */
  diskBytes: number;
  /** As the worker that runs the session tells; null where no worker is on its machine. */
  enforced: Enforced | null;
}

interface Enforced {
  sandbox: string;
  /** What is not enforced there, in words for people. */
  gaps: readonly string[];
  diskMaxBytes: number;
  /** Null where it is not limited. */
  memoryMaxBytes: number | null;
  processesMax: number | null;
}

type Needs = Pick<Services, "database" | "environment" | "hostId">;

/** Looks at the process table and the disk; costs some milliseconds, and more for a large folder now and then. */
export async function readResources(
  { database, environment, hostId }: Needs,
  session: { sessionId: string; generation: number },
): Promise<Resources> {
  const row = await readPlace(database, session);
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, ...session });
  const isHere = row?.hostId === hostId;
  const [processes, diskBytes] = isHere
    ? await Promise.all([readProcesses(folders.homePath), measureOften(folders.basePath)])
    : [[], 0];
  return {
    place: row === undefined ? "none" : isHere ? "here" : "elsewhere",
    readAt: new Date().toISOString(),
    processes,
    diskBytes,
    enforced: row ? await readEnforced({ database, environment }, session, row) : null,
  };
}

async function readEnforced(
  { database, environment }: Pick<Needs, "database" | "environment">,
  { sessionId }: { sessionId: string },
  { hostId, settings }: Place,
): Promise<Enforced | null> {
  const worker = await findWorkerSandbox(database, { sessionId, hostId });
  if (worker === null) return null;
  const { name, gaps, limits = readSandboxLimits(environment) } = worker;
  const unless = (gap: string, limit: number, own: number | null = null) =>
    gaps.includes(gap) ? null : Math.min(limit, own ?? limit);
  return {
    sandbox: name,
    gaps,
    diskMaxBytes: limits.diskBytes,
    memoryMaxBytes: unless(MEMORY_GAP, limits.memoryBytes, settings?.memoryMaxBytes),
    processesMax: unless(PROCESSES_GAP, limits.processCount, settings?.processesMax),
  };
}

interface Place {
  hostId: string;
  /** Of its profile, which may ask for less than the server gives. */
  settings: Pick<ProfileSettings, "memoryMaxBytes" | "processesMax"> | null;
}

async function readPlace(
  { sql }: Database,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<Place | undefined> {
  const [place] = await sql<Place[]>`
    select workspaces.host_id as "hostId", profiles.settings
    from workspaces
    join sessions on sessions.id = workspaces.session_id
    left join profiles on profiles.team_id = sessions.team_id
      and case when sessions.profile_id is null
        then lower(profiles.name) = lower(sessions.profile_name)
        else profiles.id = sessions.profile_id end
    where workspaces.session_id = ${sessionId} and workspaces.generation = ${generation}`;
  return place;
}

interface Measurement {
  bytes: Promise<number>;
  expiresAtMs: number;
}

/** By folder. */
const measurements = new Map<string, Measurement>();

/** Several pages that ask at once, and again soon, get one answer. */
function measureOften(path: string): Promise<number> {
  const nowMs = performance.now();
  for (const [key, { expiresAtMs }] of measurements)
    if (expiresAtMs < nowMs) measurements.delete(key);
  const known = measurements.get(path);
  if (known) return known.bytes;
  const measurement: Measurement = { bytes: measureFolder(path), expiresAtMs: Infinity };
  const settle = () => {
    const endMs = performance.now();
    const pauseMs = Math.max(DISK_MEMORY_MS, (endMs - nowMs) * DISK_PAUSE_FACTOR);
    measurement.expiresAtMs = endMs + pauseMs;
  };
  measurement.bytes.then(settle, () => measurements.delete(path));
  measurements.set(path, measurement);
  return measurement.bytes;
}
