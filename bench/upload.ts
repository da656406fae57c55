import { interleave, median, reportBench } from "./support/bench.ts";
import { openHttpContenders } from "./upload/http.ts";
import { openMultipartContenders } from "./upload/multipart.ts";

// What an upload costs: a body of 2 GiB through the product beside a bare `node:http` server that keeps it in a file
// (with and without its SHA-256, which the product always takes), and the way of parts to S3 beside lib-storage's, in
// bytes per CPU second of the sender.

/** More than an idle server has: what a body may add to the memory of the process that takes it in. */
const GROWTH_MAX_BYTES = 64 * 1024 * 1024;

const http = await openHttpContenders();
const bodies = await interleave({ contenders: http.contenders, warmUps: 1 });
await http.close();
const multipart = await openMultipartContenders();
const parts = await interleave({ contenders: multipart.contenders, warmUps: 1 });
multipart.close();
console.log(`grew by ${(http.growthBytes() / 1e6).toFixed(0)} MB`);
reportBench({
  name: "upload",
  ratios: {
    vs_http_hash: median(bodies.ours) / median(bodies.hash),
    vs_http_forward: median(bodies.ours) / median(bodies.forward),
    vs_64_mib_growth: http.growthBytes() / GROWTH_MAX_BYTES,
    vs_lib_storage: median(parts.ours) / median(parts.lib_storage),
  },
  goals: {
    vs_http_hash: { atLeast: 0.7 },
    vs_64_mib_growth: { atMost: 1 },
    vs_lib_storage: { atLeast: 2.5 },
  },
});
