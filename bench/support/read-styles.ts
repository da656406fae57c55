import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The style sheets of the product as they were built. */
export function readStyles(): string {
  const folder = join(import.meta.dirname, "../../.next/static");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".css"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}
