import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { Measured } from "./scan/contender-process.ts";
import type { ContenderName } from "./scan/contenders.ts";
import { type PayloadName, writePayload } from "./scan/payloads.ts";
import { interleave, median, reportBench } from "./support/bench.ts";

// A document from a file to its items: checked, cut, each with its ids and the bytes of its body. Beside
// `@streamparser/json` with a parser for each item, `stream-json`, and the same file read by a stream that does nothing
// with it. Each measurement is a process of its own, without loaders; rates are those of the processor, in MB/s.

const run = promisify(execFile);
const MIB = 2 ** 20;
const all: ContenderName[] = ["drain", "millrace", "streamparser", "streamJson"];

const folder = await mkdtemp(path.join(tmpdir(), "millrace-bench-scan-"));
// Beside node_modules, where the peers are.
const script = path.resolve(".cache/bench-scan/contender.mjs");
const warmUp = path.join(folder, "warm-up.json");
const peaks: Partial<Record<string, number>> = {};

try {
  await mkdir(path.dirname(script), { recursive: true });
  await build({
    entryPoints: [path.join(import.meta.dirname, "scan/contender-process.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });

  await writePayload("warmUp", warmUp);

  const small = await comparePayload("small", { names: all, repetitions: 3 });
  const mix = await comparePayload("mix", { names: all, repetitions: 3 });
  const dense = await comparePayload("dense", { names: all, repetitions: 3 });
  // Both peers die of it: they build the string.
  const string = await comparePayload("string", { names: ["drain", "millrace"], repetitions: 3 });

  reportBench({
    name: "scan",
    ratios: {
      vs_streamparser_mix: mix.millrace / mix.streamparser,
      vs_streamparser_small: small.millrace / small.streamparser,
      vs_streamparser_dense: dense.millrace / dense.streamparser,
      vs_stream_json_mix: mix.millrace / mix.streamJson,
      vs_stream_json_small: small.millrace / small.streamJson,
      vs_stream_json_dense: dense.millrace / dense.streamJson,
      vs_drain_mix: mix.millrace / mix.drain,
      vs_drain_small: small.millrace / small.drain,
      vs_drain_string: string.millrace / string.drain,
      vs_128_mib_peak: (peaks["millrace"] ?? Number.NaN) / (128 * MIB),
    },
    goals: {
      vs_streamparser_mix: { atLeast: 15 },
      vs_streamparser_small: { atLeast: 8 },
      vs_streamparser_dense: { atLeast: 5 },
      vs_drain_mix: { atLeast: 0.25 },
      vs_128_mib_peak: { atMost: 1 },
    },
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Comparison {
  names: readonly ContenderName[];
  repetitions: number;
}

/** Median rates on one payload, in MB per second of the processor; 0 for who was not asked. */
async function comparePayload(
  payload: PayloadName,
  { names, repetitions }: Comparison,
): Promise<Record<ContenderName, number>> {
  const file = path.join(folder, `${payload}.json`);
  await writePayload(payload, file);
  const { size } = await stat(file);
  console.log(`${payload}: ${Math.round(size / 1e6)} MB`);
  const measures = names.map((name) => [name, () => measureRate(name, { file, size })] as const);
  const samples = await interleave({ contenders: Object.fromEntries(measures), repetitions });
  await rm(file);
  const rates = names.map((name) => [name, median(samples[name] ?? [])] as const);
  return { drain: 0, millrace: 0, streamparser: 0, streamJson: 0, ...Object.fromEntries(rates) };
}

async function measureRate(
  name: ContenderName,
  { file, size }: { file: string; size: number },
): Promise<number> {
  const { stdout } = await run(process.execPath, [script, name, file, warmUp]);
  const measured = JSON.parse(stdout) as Measured;
  const { items, wallSeconds, cpuSeconds, peakBytes } = measured;
  peaks[name] = Math.max(peaks[name] ?? 0, peakBytes);
  const wallRate = Math.round(size / 1e6 / wallSeconds);
  console.log(
    `  ${items} items, ${wallRate} MB/s by the clock, peak ${Math.round(peakBytes / MIB)} MiB`,
  );
  return size / 1e6 / cpuSeconds;
}
