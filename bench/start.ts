import { join } from "node:path";
import { localOwner } from "#server/accounts/local-owner.ts";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import { interleave, median, quantile, reportBench } from "./support/bench.ts";
import { buildMillrace, buildNextPeer } from "./support/build.ts";
import { type BenchDatabase, openBenchDatabase } from "./support/bench-database.ts";
import {
  type BenchServer,
  startMillrace,
  startPeer,
  startSilentHost,
} from "./support/bench-servers.ts";
import { runLoad } from "./support/load.ts";
import { signInForBench } from "./support/sign-in-for-bench.ts";

// `session.start` over HTTP with 16 callers, beside the same mutation in a Next.js route handler, a bare echo and the
// bare statement; then again while two sessions prepare against a git host that never answers.

const CALLERS = 16;
const DURATION_MS = 4_000;

/** What was measured of one server, all repetitions together. */
interface Record {
  latenciesMs: number[];
  /** A request's, one for each repetition. */
  cpuMs: number[];
}

buildMillrace();
buildNextPeer();
const bench = await openBenchDatabase();
const cookie = await signInForBench(bench);
const gitHost = await startSilentHost();
const environment = {
  DATABASE_URL: bench.url,
  MIN_FREE_DISK_BYTES: "1",
  LOG_LEVEL: "warn",
  ALLOWED_PRIVATE_HOSTS: gitHost.host,
  MAX_ACTIVE_SESSIONS: "2",
};
const optionsFor = (name: string) => ({ dataDir: join(bench.dataDir, name), environment });

const millrace = await startMillrace({
  ...optionsFor("web"),
  environment: { ...environment, ROLE: "web" },
});
const next = await startPeer("next", optionsFor("next"));
const echo = await startPeer("echo", optionsFor("echo"));
const records = {
  millrace: { latenciesMs: [], cpuMs: [] } as Record,
  next: { latenciesMs: [], cpuMs: [] } as Record,
  echo: { latenciesMs: [], cpuMs: [] } as Record,
};
for (const server of [millrace, next, echo]) {
  await measure(server, { latenciesMs: [], cpuMs: [] });
}
const rates = await interleave({
  contenders: {
    millrace: () => measure(millrace, records.millrace),
    next: () => measure(next, records.next),
    echo: () => measure(echo, records.echo),
    statement: () => measureStatement(bench),
  },
});
for (const server of [millrace, next, echo]) await server.stop();
const busyMs = await measureBesideWork();

for (const [name, { latenciesMs, cpuMs }] of Object.entries(records)) {
  console.log(`${name}: ${describe(latenciesMs)}, CPU ${median(cpuMs).toFixed(3)} ms a request`);
}
console.log(`beside two preparations: ${describe(busyMs)}`);
reportBench({
  name: "start",
  ratios: {
    vs_next_rate: median(rates.millrace) / median(rates.next),
    vs_echo_rate: median(rates.millrace) / median(rates.echo),
    vs_statement_rate: median(rates.millrace) / median(rates.statement),
    vs_next_cpu: median(records.millrace.cpuMs) / median(records.next.cpuMs),
    vs_30_ms_p99: quantile(records.millrace.latenciesMs, 0.99) / 30,
    vs_500_ms_busy_max: Math.max(...busyMs) / 500,
  },
  goals: {
    vs_next_rate: { atLeast: 2 },
    vs_30_ms_p99: { atMost: 1 },
    vs_500_ms_busy_max: { atMost: 1 },
  },
});
gitHost.close();
await bench.close();

function describe(latenciesMs: number[]): string {
  const points = [0.5, 0.95, 0.99, 1];
  return points.map((at) => `p${at * 100} ${quantile(latenciesMs, at).toFixed(1)}`).join(", ");
}

function startBody(repository = "millrace-bench/nothing"): string {
  return JSON.stringify({ prompt: "Add a health check", repository, messageId: createMessageId() });
}

/** Requests per second. */
async function measure(server: BenchServer, record: Record): Promise<number> {
  const before = await server.readCpuMs();
  const { latenciesMs, requestsPerSecond } = await runLoad({
    url: `${server.url}/api/trpc/session.start`,
    callers: CALLERS,
    durationMs: DURATION_MS,
    headers: { cookie },
    body: () => startBody(),
  });
  record.latenciesMs.push(...latenciesMs);
  record.cpuMs.push(((await server.readCpuMs()) - before) / latenciesMs.length);
  await clearSessions();
  return requestsPerSecond;
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
async function measureBesideWork(): Promise<number[]> {
  const server = await startMillrace(optionsFor("all"));
  const url = `${server.url}/api/trpc/session.start`;
  const headers = { cookie, "content-type": "application/json" };
  for (const name of ["one", "two"]) {
    const body = startBody(`http://${gitHost.host}/${name}.git`);
    await fetch(url, { method: "POST", body, headers });
  }
  await gitHost.asked(2);
  const { latenciesMs } = await runLoad({
    url,
    callers: CALLERS,
    durationMs: DURATION_MS * 2,
    headers,
    body: () => startBody(`http://${gitHost.host}/waits.git`),
  });
  await server.stop();
  return latenciesMs;
}
