import type { Database } from "#server/database/database.ts";
import type { Log } from "#server/log.ts";
import type { Ownership } from "./change-session.ts";

/** The lease of a session, renewed until it is released or lost. */
export interface Lease extends Ownership {
  /** Aborted when the lease could not be renewed in time: whoever holds it must stop acting. */
  lost: AbortSignal;
  /** Ends renewal. The row itself is given back by `releaseLease`. */
  stopRenewal(): void;
}

interface LeaseOptions {
  sessionId: string;
  generation: number;
  processId: string;
  /** How long it lasts without renewal, by the database's clock; it is renewed three times as often. */
  leaseMs: number;
  log: Log;
}

/**
 * Takes a session over when nobody owns it; null while somebody does. A lease that names this process is nobody's: the
 * caller knows that no actor of the session lives here, so giving it back must have failed.
 */
export async function takeLease(
  database: Database,
  { sessionId, generation, processId, leaseMs, log }: LeaseOptions,
): Promise<Lease | null> {
  const [row] = await database.sql<{ fence: string }[]>`
    insert into leases (session_id, fence, process_id, expires_at)
    select id, 1, ${processId}, now() + make_interval(secs => ${leaseMs / 1_000})
    from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null
    on conflict (session_id) do update
      set fence = leases.fence + 1,
          process_id = excluded.process_id,
          expires_at = excluded.expires_at
      where leases.process_id is null or leases.expires_at <= now()
        or leases.process_id = excluded.process_id
    returning fence`;
  if (!row) return null;
  const ownership = { sessionId, generation, fence: Number(row.fence) };
  return { ...ownership, ...renew(database, ownership, { leaseMs, log }) };
}

function renew(
  { sql }: Database,
  { sessionId, fence }: Ownership,
  { leaseMs, log }: { leaseMs: number; log: Log },
): Pick<Lease, "lost" | "stopRenewal"> {
  const lost = new AbortController();
  let renewedAt = performance.now();
  let renewing = false;

  const beat = async () => {
    if (renewing) return;
    renewing = true;
    const askedAt = performance.now();
    try {
      const rows = await sql`
        update leases set expires_at = now() + make_interval(secs => ${leaseMs / 1_000})
        where session_id = ${sessionId} and fence = ${fence}
          and process_id is not null and expires_at > now()
        returning 1`;
      if (rows.length === 0) lost.abort(new Error("The lease belongs to another worker"));
      else renewedAt = askedAt;
    } catch (error) {
      log.warn({ err: error, sessionId }, "lease not renewed, to be tried again");
    } finally {
      renewing = false;
    }
  };

  const timer = setInterval(() => {
    if (performance.now() - renewedAt > leaseMs) {
      lost.abort(new Error("The lease ran out before it could be renewed"));
    }
    if (lost.signal.aborted) clearInterval(timer);
    else void beat();
  }, leaseMs / 3);

  return { lost: lost.signal, stopRenewal: () => clearInterval(timer) };
}

/** Is another process acting for the session right now? */
export async function isOwnedElsewhere(
  { sql }: Database,
  { sessionId, processId }: { sessionId: string; processId: string },
): Promise<boolean> {
  const [row] = await sql`
    select 1 from leases
    where session_id = ${sessionId} and process_id <> ${processId} and expires_at > now()`;
  return row !== undefined;
}
