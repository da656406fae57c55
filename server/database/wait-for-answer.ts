import { setTimeout as delay } from "node:timers/promises";
import { EnvironmentError } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import { askForTls } from "./ask-for-tls.ts";
import type { Sql } from "./database.ts";
import { isDatabaseAway } from "./is-database-away.ts";

const RETRY_MS = 250;
/** A server that is there has answered by then. */
const QUIET_MS = 1_000;

interface WaitOptions {
  timeoutMs: number;
  log: Log;
  /** Ends the wait with its reason. */
  signal: AbortSignal | undefined;
}

/**
 * Waits until the server of `DATABASE_URL` answers, and says so when it does not at once. Throws `EnvironmentError` when
 * the time is over, and without waiting when that cannot help: a server that refuses us (wrong password, no such
 * database) or is no PostgreSQL will not change its mind.
 */
export async function waitForAnswer(
  sql: Sql,
  { timeoutMs, log, signal }: WaitOptions,
): Promise<void> {
  const tell = tellOnce(sql, { timeoutMs, log });
  const quiet = setTimeout(tell, QUIET_MS);
  const over = AbortSignal.timeout(timeoutMs);
  const ended = signal ? AbortSignal.any([signal, over]) : over;
  const aborted = createAborted(ended);
  let reason: unknown = new Error("no answer");
  try {
    for (;;) {
      const trouble = await Promise.race([ask(sql, ended), aborted]).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (trouble === null) return;
      signal?.throwIfAborted();
      if (!over.aborted) reason = trouble.error;
      if (over.aborted || !isDatabaseAway(reason)) throw refusal(sql, reason);
      tell();
      await delay(RETRY_MS);
    }
  } finally {
    clearTimeout(quiet);
  }
}

function tellOnce(sql: Sql, { timeoutMs, log }: Pick<WaitOptions, "timeoutMs" | "log">) {
  const until = new Date(Date.now() + timeoutMs).toISOString();
  let isTold = false;
  return () => {
    if (!isTold) log.warn({ server: nameServer(sql), until }, "waiting for the database");
    isTold = true;
  };
}

async function ask(sql: Sql, signal: AbortSignal): Promise<void> {
  const { host, port, path, ssl } = sql.options;
  // The driver waits for ever for somebody who speaks something else.
  if (!path && host.length === 1 && host[0] !== undefined && port[0] !== undefined) {
    const offersTls = await askForTls({ host: host[0], port: port[0] }, signal);
    if (offersTls === null) throw new Error("what answers there is not PostgreSQL");
    if (!offersTls && demandsTls(ssl))
      throw new Error("the server does not offer the TLS it asks for");
  }
  await sql`select 1`;
}

const demandsTls = (ssl: Sql["options"]["ssl"]) =>
  ssl !== false && ssl !== "prefer" && ssl !== "allow";

/** Rejects when the signal is aborted; made once, because each would be one more listener. */
function createAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
  aborted.catch(() => {});
  return aborted;
}

function refusal(sql: Sql, cause: unknown): EnvironmentError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const reason = message || code || String(cause);
  return new EnvironmentError(
    `DATABASE_URL: the database at ${nameServer(sql)} cannot be used: ${reason}`,
    {
      cause,
    },
  );
}

/** Without credentials. */
function nameServer(sql: Sql): string {
  const { host, port, path } = sql.options;
  return path || host.map((name, index) => `${name}:${port[index] ?? port[0]}`).join(",");
}
