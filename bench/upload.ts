import { interleave, median, reportBench } from "./support/bench.ts";
import { openMultipartContenders } from "./upload/multipart.ts";

// What an upload costs: the way of its parts to S3 beside lib-storage's, in bytes per CPU second of the sender.

const { contenders, close } = await openMultipartContenders();
const samples = await interleave({ contenders, warmUps: 1 });
close();
reportBench({
  name: "upload",
  ratios: { vs_lib_storage: median(samples.ours) / median(samples.lib_storage) },
  goals: { vs_lib_storage: { atLeast: 2.5 } },
});
