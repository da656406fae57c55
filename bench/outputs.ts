import { median, interleave, reportBench } from "./support/bench.ts";
import { openOutputContenders } from "./outputs/contenders.ts";

// What a binary port costs beside raw writes of the same bytes: through events, rows and hashes into the `fs` driver
// beside one file that is flushed at its end (with and without its SHA-256, which an output always has, and which alone
// is slower than a disk's cache), and into the `s3` driver beside lib-storage's upload of one object, both to
// a sink in a process of its own. In megabytes a second.

const bench = await openOutputContenders();
const samples = await interleave({ contenders: bench.contenders, warmUps: 1, repetitions: 7 });
await bench.close();
reportBench({
  name: "outputs",
  ratios: {
    vs_raw_file: median(samples.fs) / median(samples.raw_file),
    vs_raw_file_hash: median(samples.fs) / median(samples.raw_file_hash),
    vs_raw_s3: median(samples.s3) / median(samples.raw_s3),
  },
  goals: { vs_raw_file_hash: { atLeast: 0.7 }, vs_raw_s3: { atLeast: 0.7 } },
});
