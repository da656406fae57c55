import { openDatabase } from "#server/database/database.ts";
import { registerProcess } from "#server/database/process-registry.ts";
import { log } from "#server/log.ts";
import { startUndertaker } from "../undertaker.ts";

interface LivingProcess {
  url: string;
  /** The same database for the connection that holds the lock. */
  lockUrl: string;
  processId: string;
}

/** A registered process with its undertaker, as far as the database can tell; `isLost` once it was buried. */
export async function startLivingProcess({ url, lockUrl, processId }: LivingProcess) {
  const state = { isLost: false };
  const database = openDatabase(url);
  const registered = await registerProcess({
    url: lockUrl,
    processId,
    hostId: "host",
    roles: ["worker"],
    slots: 1,
    onLost: () => (state.isLost = true),
  });
  const undertaker = await startUndertaker({
    database,
    bus: { tell: () => {} },
    processId,
    log,
  });
  return {
    processId,
    isLost: () => state.isLost,
    async stop() {
      await undertaker.stop();
      await registered.release();
      await database.close();
    },
  };
}
