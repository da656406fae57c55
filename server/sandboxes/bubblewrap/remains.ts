import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProcess } from "../process-table.ts";
import { listControlGroups, removeGroup } from "./control-group.ts";

const PREFIX = "millrace-sandbox-";

/** Begins the name of everything that this process makes outside of `DATA_DIR` for its sandboxes. */
export const remainsName = () => `${PREFIX}${process.pid}-`;

/** Takes away what servers of this machine that were killed left. Safe to run beside others. */
export async function removeRemains(): Promise<void> {
  const folders = await readdir(tmpdir());
  for (const name of folders.filter(isOfTheDead))
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  for (const { name, path } of await listControlGroups())
    if (isOfTheDead(name)) await removeGroup(path);
}

function isOfTheDead(name: string): boolean {
  const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
  return Number.isInteger(pid) && findProcess(pid) === null;
}
