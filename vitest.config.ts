import { defineConfig } from "vitest/config";

const LARGE = "**/*.large.test.ts";
const INTEGRATION = "**/*.integration.test.ts";
const IGNORED = ["node_modules/**", "dist/**", ".next/**", "data/**", ".cache/**"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.{ts,tsx}"],
          exclude: [...IGNORED, INTEGRATION, LARGE],
          // A zone that is off by 45 minutes: code that forgets time zones fails everywhere.
          env: { TZ: "Asia/Kathmandu" },
        },
      },
      {
        test: {
          name: "integration",
          include: [INTEGRATION],
          exclude: IGNORED,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "large",
          include: [LARGE],
          exclude: IGNORED,
          testTimeout: 600_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
