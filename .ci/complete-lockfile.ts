import { readFileSync, writeFileSync } from "node:fs";
import { createEntry, findMissing, type Lockfile } from "./lockfile.ts";

/** Writes what npm left out into package-lock.json; see `findMissing`. Safe to run again. */
const lockfile = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lockfile;
const missing = findMissing(lockfile);
for (const one of missing) lockfile.packages[`node_modules/${one.name}`] = createEntry(one);

const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"));
lockfile.packages = Object.fromEntries(sorted);
writeFileSync("package-lock.json", `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms added to package-lock.json`);
