import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(import.meta.dirname, "../bench");
const [name = ""] = process.argv.slice(2);
const file = path.join(folder, `${name}.ts`);

if (/^[a-z0-9-]+$/.test(name) && existsSync(file)) {
  await import(pathToFileURL(file).href);
} else {
  const names = readdirSync(folder).filter(
    (entry) => entry.endsWith(".ts") && !entry.includes(".test."),
  );
  console.error(
    `Usage: npm run bench -- NAME, one of: ${names.map((entry) => entry.slice(0, -3)).join(", ")}`,
  );
  process.exitCode = 1;
}
