import { statfs } from "node:fs/promises";
import type { Environment } from "#server/env.ts";
import { ISOLATION_GAP } from "./gaps.ts";
import type { WorkerSandbox } from "./worker-sandboxes.ts";

/** Something about this server that a person should know before a session starts. */
export interface Notice {
  kind: "warning" | "info";
  message: string;
}

const UNSAFE =
  "Agents run as ordinary processes, without a sandbox: start only what you would run yourself.";
const IDLE = "No worker runs now: sessions wait until one is started.";
const FULL = "The disk is nearly full: new sessions will fail until space is freed.";

interface Known extends Pick<Environment, "DATA_DIR" | "MIN_FREE_DISK_BYTES"> {
  hostId: string;
  /** Of `listWorkerSandboxes`. */
  workers: readonly { hostId: string; sandbox: WorkerSandbox }[];
}

/** Warnings first. What a session will run in is told by the workers, not by the process that draws the page. */
export async function listNotices(known: Known): Promise<Notice[]> {
  const { bavail, bsize } = await statfs(known.DATA_DIR);
  const warnings = bavail * bsize < known.MIN_FREE_DISK_BYTES ? [FULL] : [];
  if (known.workers.length === 0) warnings.push(IDLE);
  return [
    ...warnings.map((message) => ({ kind: "warning" as const, message })),
    ...describeWorkers(known).map((message) => ({ kind: "info" as const, message })),
  ];
}

/** Where one worker of several does not enforce something, a session may meet that one. */
function describeWorkers({ hostId, workers }: Pick<Known, "hostId" | "workers">): string[] {
  const isHere = workers.every((worker) => worker.hostId === hostId);
  const sandboxes = workers.map(({ sandbox }) => sandbox);
  const gaps = new Set(sandboxes.flatMap((sandbox) => sandbox.gaps));
  gaps.delete(ISOLATION_GAP);
  const place = isHere ? "On this machine" : "On one of the machines that run sessions";
  const messages: string[] = [];
  if (sandboxes.some(({ isIsolating }) => !isIsolating)) messages.push(UNSAFE);
  if (gaps.size > 0) messages.push(`${place} ${[...gaps].join(", and ")}.`);
  return messages;
}
