import { hostname } from "node:os";
import type Docker from "dockerode";
import { findProcess } from "../process-table.ts";
import { unlessDone } from "./engine-answers.ts";

const SERVER = "millrace.server";
const FOLDER = "millrace.folder";

/** One sandbox's containers have this label, with its id as the value. */
export const SANDBOX = "millrace.sandbox";

interface LabelOptions {
  sessionId: string;
  generation: number;
  /** The session's own folder: of all servers of a machine, only one may work in it. */
  folder: string;
  sandboxId: string;
}

/** Tells whose a container is, to people and to `removeOrphans`. */
export function containerLabels(options: LabelOptions): Record<string, string> {
  return {
    "millrace.session": options.sessionId,
    "millrace.generation": `${options.generation}`,
    [FOLDER]: options.folder,
    [SANDBOX]: options.sandboxId,
    [SERVER]: serverName(),
  };
}

const serverName = () =>
  `${hostname()} ${process.pid} ${findProcess(process.pid)?.startTicks ?? 0}`;

/**
 * Takes away containers that servers of this machine that were killed left, and those of other servers that work in
 * `folder`, of which the caller is the owner now. Never one without our labels. Safe to run beside others.
 */
export async function removeOrphans(engine: Docker, folder?: string): Promise<void> {
  const listed = await engine.listContainers({ all: true, filters: { label: [SERVER] } });
  const orphans = listed.filter(({ Labels: labels }) => isOrphan(labels, folder));
  for (const { Id: id } of orphans)
    await unlessDone(engine.getContainer(id).remove({ force: true, v: true }));
}

/** A server in a container has a host name of its own: of the others we cannot tell who lives. */
export function isOrphan(labels: Record<string, string>, folder: string | undefined): boolean {
  const server = labels[SERVER] ?? "";
  if (server === "" || server === serverName()) return false;
  if (folder !== undefined && labels[FOLDER] === folder) return true;
  const [host, pid, startTicks] = server.split(" ");
  if (host !== hostname()) return false;
  return findProcess(Number(pid))?.startTicks !== Number(startTicks);
}
