import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { noteServerOrigin } from "#server/accounts/server-origin.ts";
import { redeemSignInLink } from "#server/accounts/sign-in.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { exitCodes } from "./exit-codes.ts";
import type { TokenCommand } from "./read-arguments.ts";
import { runSignIn } from "./sign-in-command.ts";
import { runToken } from "./token-command.ts";

let dataDir: string;
let copy: TestDatabase;
let printed: string[];
const terminal = { print: (line: string) => void printed.push(line), note() {}, progress() {} };

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "millrace-sign-in-"));
  copy = await createTestDatabase();
  printed = [];
  vi.stubEnv("DATA_DIR", dataDir);
  vi.stubEnv("DATABASE_URL", copy.url);
  vi.stubEnv("PORT", "4321");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await copy.drop();
  await rm(dataDir, { recursive: true });
});

const tokenCommand: TokenCommand = {
  name: "token",
  tokenName: "Test",
  scopes: ["ingest"],
  expiresInDays: 1,
};

test.each([
  ["sign-in", () => runSignIn({ terminal })],
  ["token create", () => runToken(tokenCommand, { terminal })],
])("%s makes no database where there is none, and says where it looked", async (_, run) => {
  vi.stubEnv("DATABASE_URL", "");
  await expect(run()).rejects.toMatchObject({
    exitCode: exitCodes.usage,
    message: expect.stringContaining(`There is no database in ${dataDir}`),
  });
  expect(existsSync(join(dataDir, "postgres"))).toBe(false);
  expect(printed).toEqual([]);
});

test("the address is the running server's, whatever PORT says here, and signs in", async () => {
  await noteServerOrigin(dataDir, "http://127.0.0.1:5000");
  expect(await runSignIn({ terminal })).toBe(exitCodes.complete);
  const address = new URL(printed[0] ?? "");
  expect(address.origin).toBe("http://127.0.0.1:5000");
  const token = address.searchParams.get("token") ?? "";
  expect(await redeemSignInLink(copy.database, token)).not.toBeNull();
});

test("without a running server the address is that of the settings", async () => {
  await runSignIn({ terminal });
  expect(printed[0]).toMatch(/^http:\/\/127\.0\.0\.1:4321\/sign-in\?token=/);
});
