import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The id of this `DATA_DIR`, made once: it tells whose disk a workspace is on. */
export async function readHostId(dataDir: string): Promise<string> {
  const path = join(dataDir, "host-id");
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `host_${randomBytes(8).toString("hex")}\n`);
  // A link never replaces: of several processes that start at once, the first one's id stays.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await rm(draft);
  return (await readFile(path, "utf8")).trim();
}
