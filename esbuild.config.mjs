// Builds the processes that run outside Next.js: the server and the built-in agent, each into one file in dist/.
// Packages stay in node_modules; only our own modules are bundled.
import { build } from "esbuild";

await build({
  entryPoints: {
    server: "server/main.ts",
    "built-in-agent": "server/agents/built-in/main.ts",
  },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  packages: "external",
  sourcemap: true,
  logLevel: "warning",
});
