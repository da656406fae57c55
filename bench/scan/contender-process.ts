import { contenders, type ContenderName } from "./contenders.ts";

/** What one contender took for one file, in a process of its own. */
export interface Measured {
  items: number;
  cpuSeconds: number;
  wallSeconds: number;
  peakBytes: number;
}

const [name, path = "", warmUpPath = ""] = process.argv.slice(2);
// A worker lives for days: its code has been compiled.
await contenders[name as ContenderName](warmUpPath);
const startMs = performance.now();
const startCpu = process.cpuUsage();
const items = await contenders[name as ContenderName](path);
const { user, system } = process.cpuUsage(startCpu);
const measured: Measured = {
  items,
  cpuSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - startMs) / 1e3,
  // Linux counts it in KiB.
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(measured));
