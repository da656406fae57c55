import { ISOLATION_GAP, MEMORY_GAP, PROCESSES_GAP } from "./gaps.ts";
import { createProcessSandbox } from "./process-sandbox.ts";
import type { SandboxDriver } from "./sandbox.ts";

/** Plain processes of this machine, which see all that the server sees: for people who start only what they trust. */
export function createProcessDriver(): SandboxDriver {
  const sandbox = createProcessSandbox();
  return {
    name: "process",
    isIsolating: false,
    gaps: [ISOLATION_GAP, MEMORY_GAP, PROCESSES_GAP],
    prepare: async () => ({ ...sandbox, gaps: [], close: async () => {} }),
  };
}
