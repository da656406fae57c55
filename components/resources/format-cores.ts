/** Processor use as people compare it: `12 %` of one core, `2.4 cores` from one core on. */
export function formatCores(cores: number): string {
  if (cores < 0.995) return `${Math.round(cores * 100)} %`;
  return `${cores.toFixed(1)} cores`;
}
