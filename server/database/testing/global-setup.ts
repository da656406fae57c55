import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openDatabase, type Sql } from "#server/database/database.ts";
import { startEmbeddedPostgres } from "#server/database/embedded/start-embedded-postgres.ts";
import { migrate } from "#server/database/migrate.ts";
import { log } from "#server/log.ts";
import { withDatabaseName } from "./database-url.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Connects to a database of the test server that is only there to create others from. */
    testServerUrl: string;
    /** Starts the name of every database of this run; the template is this name itself. */
    testDatabasePrefix: string;
  }
}

interface TestServer {
  url: string;
  prefix: string;
  stop(): Promise<void>;
}

/** Projects that run together share one server, and each has its own copy of this module: the process keeps count. */
const shared = globalThis as typeof globalThis & {
  millraceTestServer?: { users: number; server: Promise<TestServer> };
};

/**
 * Gives the test projects one PostgreSQL for the whole run (`TEST_DATABASE_URL`, else an embedded one in a folder of
 * its own) with a template database that has all migrations, and removes everything afterwards.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const entry = (shared.millraceTestServer ??= { users: 0, server: startTestServer() });
  entry.users += 1;
  const server = await entry.server;
  project.provide("testServerUrl", server.url);
  project.provide("testDatabasePrefix", server.prefix);

  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared.millraceTestServer;
    await server.stop();
  };
}

async function startTestServer(): Promise<TestServer> {
  const prefix = `millrace_test_${randomBytes(6).toString("hex")}`;
  const external = process.env["TEST_DATABASE_URL"];
  const host = external ? { url: external, stop: async () => {} } : await startTemporaryServer();
  const stop = async () => {
    await dropDatabases(host.url, prefix);
    await host.stop();
  };
  try {
    await createTemplate(host.url, prefix);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: host.url, prefix, stop };
}

/** A run that is killed cannot clean up: its end of the pipe closes, and this does. */
function removeWhenKilled(pid: number, dataDir: string) {
  const script =
    'cat; kill -INT "$1" 2>/dev/null && while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; rm -rf "$2"';
  const watcher = spawn("sh", ["-c", script, "sh", String(pid), dataDir], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.unref();
  return watcher;
}

async function startTemporaryServer() {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-test-postgres-"));
  const server = await startEmbeddedPostgres({
    dataDir,
    log: log.child({}, { level: "warn" }),
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "300",
    },
  });
  const watcher = removeWhenKilled(server.pid, dataDir);
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
    if (watcher.pid) process.kill(-watcher.pid, "SIGKILL");
  };
  return { url: server.url, stop };
}

async function createTemplate(url: string, name: string): Promise<void> {
  await withConnection(url, (sql) => sql`create database ${sql(name)}`);
  await withConnection(withDatabaseName(url, name), (sql) => migrate({ sql }));
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  await withConnection(url, async (sql) => {
    const rows = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname, ${prefix})`;
    for (const { name } of rows) await sql`drop database if exists ${sql(name)} with (force)`;
  });
}

async function withConnection(url: string, use: (sql: Sql) => Promise<unknown>): Promise<void> {
  const database = openDatabase(url, { maxConnections: 1 });
  try {
    await use(database.sql);
  } finally {
    await database.close();
  }
}
