import { configDefaults, defineConfig } from "vitest/config";

const neverTests = [
  ...configDefaults.exclude,
  "**/dist/**",
  "**/.next/**",
  "**/data/**",
  "**/.cache/**",
  "e2e/**/*.spec.ts",
];
/** CI's machines are shared: what fails twice in a row is not their noise. Unit tests have no such excuse. */
const retry = process.env["CI"] === undefined ? 0 : 1;
const serverSetups = [
  "server/database/testing/global-setup.ts",
  "server/blobs/testing/s3-global-setup.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts", "**/*.test.tsx", ".ci/*.test.ts"],
          exclude: [...neverTests, "**/*.{integration,large,idle}.test.ts"],
          // A zone that is off by 45 minutes: code that forgets time zones fails everywhere.
          env: { TZ: "Asia/Kathmandu" },
        },
      },
      {
        test: {
          name: "integration",
          include: ["**/*.integration.test.ts"],
          exclude: neverTests,
          globalSetup: serverSetups,
          maxWorkers: 2,
          retry,
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "large",
          include: ["**/*.large.test.ts"],
          exclude: neverTests,
          globalSetup: serverSetups,
          fileParallelism: false,
          retry,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "idle",
          include: ["**/*.idle.test.ts"],
          exclude: neverTests,
          globalSetup: serverSetups,
          retry,
          sequence: { groupOrder: 3 },
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
