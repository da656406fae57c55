import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder of our `package.json` that also has `drizzle/migrations`: found by walking up from this module, so it
 * is the same from source (`server/database/…`) and from the bundle (`dist/server.mjs`), whatever folder the process
 * was started in. Throws when the migrations were not shipped beside the bundle.
 */
export function findProjectRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "drizzle", "migrations", "meta", "_journal.json"))) return folder;
    if (folder === dirname(folder))
      throw new Error(`No folder above ${from} has drizzle/migrations`);
  }
}
