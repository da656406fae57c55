import { once } from "node:events";
import { startEmbeddedPostgres } from "#server/database/embedded/start-embedded-postgres.ts";
import { log } from "#server/log.ts";

/** Starts the embedded PostgreSQL on the given folder, answers with what it got, stops when its input ends. */
const [dataDir = "", packagePath] = process.argv.slice(2);
const server = await startEmbeddedPostgres({
  dataDir,
  packagePath,
  log: log.child({}, { level: "warn" }),
});
console.log(`answer ${JSON.stringify(server)}`);
process.stdin.resume();
await once(process.stdin, "end");
await server.stop();
