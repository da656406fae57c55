import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { AppError } from "#lib/errors.ts";
import {
  findOsProcessState,
  type OsProcess,
  readOwnOsProcess,
} from "#server/database/os-process.ts";
import { log } from "#server/log.ts";
import { removeContainer } from "./lost-containers.ts";

/** All containers of Millrace have this label, with the server that had them made as the value. */
export const SERVER = "millrace.server";
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
    [SERVER]: ownName,
  };
}

/** This server, and nobody else, also where the system does not tell of processes. */
const ownProcess = readOwnOsProcess();
const ownName = JSON.stringify(ownProcess ?? { name: randomUUID() });

/**
 * Takes away containers that servers of this machine that were killed left, and those of other servers that work in
 * `folder`, of which the caller is the owner now. Never one without our labels. Throws `unavailable` where one of
 * `folder` cannot be removed; others stay until the next time. Safe to run beside others.
 */
export async function removeOrphans(engine: Docker, folder?: string): Promise<void> {
  const listed = await engine.listContainers({ all: true, filters: { label: [SERVER] } });
  const orphans = listed.filter(({ Labels: labels }) => isOrphan(labels, folder));
  for (const { Id: container, Labels: labels } of orphans) {
    try {
      await removeContainer(engine, container, labels[FOLDER] === folder ? undefined : 0);
    } catch (cause) {
      if (labels[FOLDER] === folder) {
        const message = "What another server left at work in the session's folder cannot be ended";
        throw new AppError("unavailable", message, { cause });
      }
      log.warn({ err: cause, container }, "a container that a server left was not removed");
    }
  }
}

/** Whether this process had the container made. */
export const isOurs = (labels: Record<string, string>): boolean => labels[SERVER] === ownName;

/** Of servers in other containers or on other systems we cannot tell who lives: they do. */
export function isOrphan(labels: Record<string, string>, folder: string | undefined): boolean {
  const server = labels[SERVER] ?? "";
  if (server === "" || isOurs(labels)) return false;
  if (folder !== undefined && labels[FOLDER] === folder) return true;
  const found = parseServer(server);
  return found !== null && findOsProcessState(found, ownProcess) === "gone";
}

function parseServer(server: string): OsProcess | null {
  try {
    return JSON.parse(server) as OsProcess;
  } catch {
    return null;
  }
}
