import { once } from "node:events";
import { registerProcess } from "#server/database/process-registry.ts";

/** Registers itself as the given process and lives until its input ends. */
const [url = "", processId = ""] = process.argv.slice(2);
const registered = await registerProcess({
  url,
  processId,
  hostId: "host",
  roles: ["worker"],
  slots: 1,
  onLost: () => process.exit(1),
});
console.log(`answer ${JSON.stringify(processId)}`);
process.stdin.resume();
await once(process.stdin, "end");
await registered.release();
