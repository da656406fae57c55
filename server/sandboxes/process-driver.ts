import { createProcessSandbox } from "./process-sandbox.ts";
import type { SandboxDriver } from "./sandbox.ts";

const GAPS = [
  "files and networks are not kept from sessions",
  "memory is not limited",
  "the number of processes is not limited",
];

/** Plain processes of this machine, which see all that the server sees: for people who start only what they trust. */
export function createProcessDriver(): SandboxDriver {
  const sandbox = createProcessSandbox();
  return {
    name: "process",
    isIsolating: false,
    gaps: GAPS,
    prepare: async () => ({ ...sandbox, gaps: [], close: async () => {} }),
  };
}
