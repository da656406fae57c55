// Builds the processes that run outside Next.js: the server, the built-in agent and the command line, each into one file
// in dist/. Packages stay in node_modules; only our own modules are bundled.
import { build } from "esbuild";

const options = {
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  sourcemap: true,
  logLevel: "warning",
};

await build({
  ...options,
  entryPoints: {
    server: "server/main.ts",
    "built-in-agent": "server/agents/built-in/main.ts",
    "hash-worker": "server/blobs/hash-worker.mjs",
  },
});
await build({
  ...options,
  entryPoints: { cli: "server/cli/main.ts" },
  banner: { js: "#!/usr/bin/env node" },
});
