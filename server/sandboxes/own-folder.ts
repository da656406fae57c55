import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where isolated processes find their `OwnFolder`. */
export const OWN_FOLDER = "/run/millrace";

/** What one sandbox needs of files: the socket of its proxy, and who its user is. */
export interface OwnFolder {
  /** Holds `passwd`, `group` and `hosts`, and has room for `proxy.sock`. */
  folder: string;
  socketPath: string;
  remove(): Promise<void>;
}

/**
 * In the system's temporary folder, because the path of a socket must be short; the inner one of two, as the child may
 * be anybody and others of the machine must not use its proxy.
 */
export async function makeOwnFolder(prefix: string, uid: number): Promise<OwnFolder> {
  const outer = await mkdtemp(join(tmpdir(), prefix));
  const folder = join(outer, "run");
  await mkdir(folder);
  const files = {
    passwd: `agent:x:${uid}:${uid}:agent:/tmp:/bin/sh\n`,
    group: `agent:x:${uid}:\n`,
    hosts: "127.0.0.1 localhost millrace\n::1 localhost\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return {
    folder,
    socketPath: join(folder, "proxy.sock"),
    remove: () => rm(outer, { recursive: true, force: true }),
  };
}
