import { ISOLATION_GAP, MEMORY_GAP, PROCESSES_GAP, PROCESSORS_GAP } from "./gaps.ts";
import { createProcessSandbox } from "./process-sandbox.ts";
import type { ProcessLimits, SandboxDriver } from "./sandbox.ts";

/** What it is asked for, to tell that it cannot. */
type Limits = Partial<Pick<ProcessLimits, "processorCount">>;

/** Plain processes of this machine, which see all that the server sees: for people who start only what they trust. */
export function createProcessDriver({ processorCount = null }: Limits = {}): SandboxDriver {
  const sandbox = createProcessSandbox();
  return {
    name: "process",
    isIsolating: false,
    hasOwnSystem: false,
    gaps: [
      ISOLATION_GAP,
      MEMORY_GAP,
      PROCESSES_GAP,
      ...(processorCount === null ? [] : [PROCESSORS_GAP]),
    ],
    prepare: async () => ({ ...sandbox, gaps: [], close: async () => {} }),
  };
}
