import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import { ensureLocalOwner, localOwner } from "#server/accounts/local-owner.ts";
import { loginCookie } from "#server/accounts/login-cookie.ts";
import { createSignInLink, redeemSignInLink } from "#server/accounts/sign-in.ts";
import { interleave, median, quantile, reportBench } from "./support/bench.ts";
import { type BenchDatabase, openBenchDatabase } from "./support/bench-database.ts";
import { type LoadResult, runLoad } from "./support/load.ts";

// `session.start` over HTTP with 16 callers, beside the same mutation in a Next.js route handler, a bare echo and the
// bare statement; then again while two sessions prepare against a git host that never answers.

const CALLERS = 16;
const DURATION_MS = 4_000;
const CLOCK_TICKS_PER_SECOND = 100;
const root = join(import.meta.dirname, "..");

interface Peer {
  process: ChildProcess;
  url: string;
}

buildWhatIsMissing();
const bench = await openBenchDatabase();
const cookie = await signIn(bench);
const gitHost = await startSilentHost();
const environment: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  NODE_ENV: "production",
  DATABASE_URL: bench.url,
  MIN_FREE_DISK_BYTES: "1",
  LOG_LEVEL: "warn",
  ALLOWED_PRIVATE_HOSTS: gitHost.host,
  MAX_ACTIVE_SESSIONS: "2",
};

const servers = {
  millrace: await startMillrace("web"),
  next: await startPeer("next"),
  echo: await startPeer("echo"),
};
const results: Record<string, LoadResult[]> = { millrace: [], next: [], echo: [] };
const cpuMs: Record<string, number[]> = { millrace: [], next: [], echo: [] };

const rates = await interleave({
  warmUps: 1,
  contenders: {
    millrace: () => measureServer("millrace"),
    next: () => measureServer("next"),
    echo: () => measureServer("echo"),
    statement: () => measureStatement(bench),
  },
});
const latencies = (name: string) => (results[name] ?? []).slice(-3).flatMap((run) => run.latenciesMs);
for (const name of ["millrace", "next", "echo"]) {
  const all = latencies(name);
  const points = [0.5, 0.95, 0.99].map((point) => `p${point * 100} ${quantile(all, point).toFixed(2)}`);
  console.log(`${name}: ${points.join(" ")} ms, CPU ${median(cpuMs[name] ?? []).toFixed(3)} ms a request`);
}

for (const { process: child } of Object.values(servers)) await end(child);
const busy = await measureBeside();
console.log(`beside two preparations: p99 ${quantile(busy, 0.99).toFixed(1)} max ${Math.max(...busy).toFixed(1)} ms`);

reportBench({
  name: "start",
  ratios: {
    vs_next_rate: median(rates.millrace) / median(rates.next),
    vs_echo_rate: median(rates.millrace) / median(rates.echo),
    vs_statement_rate: median(rates.millrace) / median(rates.statement),
    vs_next_cpu: median(cpuMs["millrace"] ?? []) / median(cpuMs["next"] ?? []),
    vs_30_ms_p99: quantile(latencies("millrace"), 0.99) / 30,
    vs_500_ms_busy_max: Math.max(...busy) / 500,
  },
  goals: {
    vs_next_rate: { atLeast: 2 },
    vs_30_ms_p99: { atMost: 1 },
    vs_500_ms_busy_max: { atMost: 1 },
  },
});
gitHost.close();
await bench.close();

function startBody(repository = "millrace-bench/nothing"): string {
  return JSON.stringify({ prompt: "Add a health check", repository, messageId: createMessageId() });
}

async function measureServer(name: keyof typeof servers): Promise<number> {
  const { process: child, url } = servers[name];
  const before = await readCpuMs(child);
  const result = await runLoad({
    url: `${url}/api/trpc/session.start`,
    callers: CALLERS,
    durationMs: DURATION_MS,
    headers: { cookie },
    body: startBody,
  });
  results[name]?.push(result);
  cpuMs[name]?.push(((await readCpuMs(child)) - before) / result.latenciesMs.length);
  await clearSessions();
  return result.requestsPerSecond;
}

/** Sessions of one measurement must not slow the next one down. */
async function clearSessions(): Promise<void> {
  await bench.database.sql`truncate sessions cascade`;
  await bench.database.sql`delete from pgboss.job`;
}

/** What the mutation costs the database at least: one row that is a session. */
async function measureStatement({ database }: BenchDatabase): Promise<number> {
  const beganMs = performance.now();
  let count = 0;
  const call = async () => {
    while (performance.now() - beganMs < DURATION_MS) {
      await database.sql`
        insert into sessions (
          id, team_id, owner_id, status, title, title_source, repository, agent_id,
          setup_commands, environment
        ) values (
          ${createSessionId()}, ${localOwner.teamId}, ${localOwner.userId}, 'preparing', 'x',
          'prompt', 'x', 'millrace', '[]', '{}'
        )`;
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  const rate = count / ((performance.now() - beganMs) / 1000);
  await clearSessions();
  return rate;
}

/** Latencies while the server's own worker prepares two sessions, both held by a host that never answers. */
async function measureBeside(): Promise<number[]> {
  const server = await startMillrace("web,worker");
  const url = `${server.url}/api/trpc/session.start`;
  for (let count = 0; count < 2; count += 1) {
    const body = startBody(`http://${gitHost.host}/hangs-${count}.git`);
    await fetch(url, {
      method: "POST",
      body,
      headers: { cookie, "content-type": "application/json" },
    });
  }
  await gitHost.asked(2);
  const { latenciesMs } = await runLoad({
    url,
    callers: CALLERS,
    durationMs: DURATION_MS * 2,
    headers: { cookie },
    body: () => startBody(`http://${gitHost.host}/waits.git`),
  });
  await end(server.process);
  return latenciesMs;
}

async function startMillrace(role: string): Promise<Peer> {
  const dataDir = join(bench.dataDir, role.replace(",", "-"));
  await mkdir(dataDir, { recursive: true });
  const port = await findFreePort();
  const child = fork(join(root, "dist/server.mjs"), [], {
    env: { ...environment, ROLE: role, DATA_DIR: dataDir, PORT: String(port), DRAIN_MS: "500" },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: [],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}`)));
    child.stdout?.on("data", (text: Buffer) => {
      if (text.includes("/sign-in?token=")) resolve();
    });
  });
  return { process: child, url: `http://127.0.0.1:${port}` };
}

async function startPeer(kind: "next" | "echo"): Promise<Peer> {
  const dataDir = join(bench.dataDir, kind);
  const child = fork(join(root, "bench/support/start-peer.ts"), [kind], {
    env: { ...environment, ROLE: "web", DATA_DIR: dataDir },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { port: number }));
    child.once("exit", (code) => reject(new Error(`The ${kind} peer ended with ${code}`)));
  });
  return { process: child, url: `http://127.0.0.1:${port}` };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** User and system time of a process (proc(5), fields 14 and 15). */
async function readCpuMs({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
}

async function signIn({ database }: BenchDatabase): Promise<string> {
  await ensureLocalOwner(database);
  const login = await redeemSignInLink(database, await createSignInLink(database, localOwner.userId));
  return loginCookie(login ?? "", { secure: false }).split(";", 1)[0] ?? "";
}

/** Accepts connections and never says a word. */
async function startSilentHost() {
  let requestCount = 0;
  const server = createServer(() => (requestCount += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async asked(count: number) {
      while (requestCount < count) await new Promise((resolve) => setImmediate(resolve));
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function buildWhatIsMissing(): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  if (!existsSync(join(root, "dist/server.mjs")) || !existsSync(join(root, ".next/BUILD_ID"))) {
    execFileSync("npm", ["run", "build"], { cwd: root, env, stdio: "inherit" });
  }
  if (!existsSync(join(root, "bench/next-peer/.next/BUILD_ID"))) {
    execFileSync("npx", ["next", "build", "bench/next-peer"], { cwd: root, env, stdio: "inherit" });
  }
}
