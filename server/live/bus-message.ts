import type {
  DeltaEvent,
  OutputEvent,
  PhaseEvent,
  PreparingEvent,
  ProgressEvent,
} from "#lib/live-protocol.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/** The one NOTIFY channel of ours; payloads are JSON of `BusMessage`. */
export const BUS_CHANNEL = "millrace_live";

/** News about committed rows, ids only: whoever cares reads the rows. */
export type DurableNews =
  | { kind: "items"; sessionId: string; generation: number; seq: number }
  /** The session's row, prompts or preparation changed. */
  | { kind: "state"; sessionId: string; teamId: string }
  /** A batch, or some of its lines, changed. */
  | { kind: "batch"; batchId: string }
  /** For the actor that owns the session: a prompt, an interrupt or a retry waits in the rows. */
  | { kind: "wake"; sessionId: string }
  /** Bytes were appended to a stream, or it was closed or deleted. */
  | { kind: "stream"; streamId: string }
  /** For the workers of a queue: a job waits. */
  | { kind: "job"; queueName: string };

export type VolatileEvent = PreparingEvent | DeltaEvent | ProgressEvent | OutputEvent | PhaseEvent;

/** Broadcast only: in no table, in no replay. `origin` is the sending process, which has told its own hub already. */
export interface VolatileNews {
  kind: "volatile";
  origin: string;
  sessionId: string;
  /** In the order they happened; several travel together because a session may notify ten times a second. */
  events: VolatileEvent[];
}

/** A process begins to listen; the others tell it news from now on. */
export interface Greeting {
  kind: "hello";
}

export type BusMessage = DurableNews | VolatileNews;

/** Sends news to every process but `origin`, which has told itself; to all of them without one. One statement. */
export async function sendNews(
  sql: Sql | TransactionSql,
  news: (DurableNews | Greeting)[],
  origin?: string,
): Promise<void> {
  const payloads = news.map((message) => JSON.stringify({ ...message, origin }));
  await sql`select pg_notify(${BUS_CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`;
}
