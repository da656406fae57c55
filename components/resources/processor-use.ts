interface Reading {
  readAt: string;
  processes: readonly { pid: number; startTicks: number; processorMs: number }[];
}

const keyOf = ({ pid, startTicks }: Reading["processes"][number]) => `${pid}:${startTicks}`;

/**
 * How much of one processor each process has used between two readings, by pid: 1 is one core, whole. Processes that
 * are new have used what they have since they began. Null before there is a second reading.
 */
export function processorUse(before: Reading | null, now: Reading): Map<number, number> | null {
  if (before === null) return null;
  const elapsedMs = Date.parse(now.readAt) - Date.parse(before.readAt);
  if (elapsedMs <= 0) return null;
  const earlier = new Map(before.processes.map((one) => [keyOf(one), one.processorMs]));
  return new Map(
    now.processes.map((process) => {
      const usedMs = process.processorMs - (earlier.get(keyOf(process)) ?? 0);
      return [process.pid, Math.max(0, usedMs) / elapsedMs];
    }),
  );
}
