import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "#server/env.ts";

/** Where browsers reach a server that listens on `port`: without a slash at the end. */
export function serverOrigin(
  { PUBLIC_URL, HOST }: Pick<Environment, "PUBLIC_URL" | "HOST">,
  port: number,
): string {
  const host = HOST.includes(":") ? `[${HOST}]` : HOST;
  return PUBLIC_URL?.replace(/\/$/, "") ?? `http://${host}:${port}`;
}

/**
 * Notes in `DATA_DIR` where its server is reached, for commands that run beside it with other settings. Of several
 * servers the last one stands. Answers with what takes the note back, unless another server's has taken its place.
 */
export async function noteServerOrigin(
  dataDir: string,
  origin: string,
): Promise<() => Promise<void>> {
  const draft = `${pathIn(dataDir)}.${process.pid}`;
  await writeFile(draft, `${origin}\n`);
  await rename(draft, pathIn(dataDir));
  return async () => {
    if ((await findServerOrigin(dataDir)) === origin) await rm(pathIn(dataDir), { force: true });
  };
}

/** Where the server of this `DATA_DIR` is reached; null when none runs. One that was killed is found too. */
export async function findServerOrigin(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(pathIn(dataDir), "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const pathIn = (dataDir: string) => join(dataDir, "server-origin");
