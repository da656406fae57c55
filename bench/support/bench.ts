/** Measures one contender once and answers with one number: milliseconds, operations a second, bytes … */
export type Measure = () => Promise<number>;

interface InterleaveOptions<Name extends string> {
  contenders: Record<Name, Measure>;
  /** How often each contender is measured; 3 unless told. */
  repetitions?: number;
  /** Unmeasured rounds before the first measured one; none unless told. */
  warmUps?: number;
}

/**
 * Measures the contenders in turns, so that a noisy minute of the machine hits all of them alike. Every repetition
 * begins with another contender. Prints each sample and answers with all of them, in order, per contender.
 */
export async function interleave<Name extends string>({
  contenders,
  repetitions = 3,
  warmUps = 0,
}: InterleaveOptions<Name>): Promise<Record<Name, number[]>> {
  const entries = Object.entries<Measure>(contenders);
  const samples = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<
    string,
    number[]
  >;
  for (let round = -warmUps; round < repetitions; round += 1) {
    const first = Math.max(round, 0) % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const sample = await measure();
      if (round < 0) continue;
      samples[name]?.push(sample);
      console.log(`${round + 1}/${repetitions} ${name}: ${formatNumber(sample)}`);
    }
  }
  return samples;
}

/** The value below which the share `fraction` (0 to 1) of the values lies, by nearest rank. NaN for no values. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(fraction * sorted.length)));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A bound that must hold; a bench says by how much it is passed, the bound is only the floor. */
export type Goal = { atLeast: number } | { atMost: number };

interface BenchResult {
  name: string;
  ratios: Record<string, number>;
  /** Keys are those of `ratios`; a ratio without a goal is only shown. */
  goals: Record<string, Goal>;
}

/**
 * Prints the result as the one JSON object that ends every bench, and makes the process exit with 1 when a goal is
 * missed. A goal without its ratio counts as missed.
 */
export function reportBench({ name, ratios, goals }: BenchResult): boolean {
  const missed = Object.entries(goals).filter(([key, goal]) => !isMet(ratios[key], goal));
  for (const [key, goal] of missed) console.log(`missed: ${key} ${describeGoal(goal)}`);
  const holds = missed.length === 0;
  if (!holds) process.exitCode = 1;
  const rounded = Object.entries(ratios).map(([key, ratio]) => [key, roundRatio(ratio)]);
  const bounds = Object.entries(goals).map(([key, goal]) => [key, boundOf(goal)]);
  console.log(
    JSON.stringify({
      name,
      ratios: Object.fromEntries(rounded),
      goals: Object.fromEntries(bounds),
      holds,
    }),
  );
  return holds;
}

function isMet(ratio: number | undefined, goal: Goal): boolean {
  if (ratio === undefined || Number.isNaN(ratio)) return false;
  return "atLeast" in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
}

const boundOf = (goal: Goal) => ("atLeast" in goal ? goal.atLeast : goal.atMost);

const describeGoal = (goal: Goal) =>
  "atLeast" in goal ? `must be at least ${goal.atLeast}` : `must be at most ${goal.atMost}`;

const roundRatio = (ratio: number) => Number(ratio.toPrecision(4));

const formatNumber = (value: number) =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
