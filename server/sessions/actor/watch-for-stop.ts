import { AppError } from "#lib/errors.ts";
import type { Services } from "#server/services.ts";
import type { Ownership } from "../change-session.ts";
import type { Inbox } from "../inbox.ts";

interface WatchOptions {
  ownership: Ownership;
  inbox: Inbox;
  mustStop: AbortSignal;
}

export interface StopWatch {
  /** Aborted with an `AppError` that says why: somebody pressed Stop, the session was deleted, the server stops. */
  signal: AbortSignal;
  /** Ends the watch; resolves when it no longer reads. */
  end(): Promise<void>;
}

/** Reads, at once and at every wake-up of the session, whether what runs now should end. */
export function watchForStop(
  { database, log }: Pick<Services, "database" | "log">,
  { ownership, inbox, mustStop }: WatchOptions,
): StopWatch {
  const stop = new AbortController();
  const ended = new AbortController();

  const watch = async () => {
    // What was said before an actor listened is in the rows alone.
    for (;;) {
      if (ended.signal.aborted) return;
      if (mustStop.aborted)
        return stop.abort(new AppError("unavailable", "The server was stopped"));
      const reason = await findStopReason(database, ownership).catch((error: unknown) => {
        log.warn({ err: error }, "could not look for a stop request, to be tried again");
        return null;
      });
      if (reason) return stop.abort(reason);
      await inbox.wait(ended.signal, mustStop);
    }
  };
  const watching = watch();
  return {
    signal: stop.signal,
    async end() {
      ended.abort();
      await watching;
    },
  };
}

async function findStopReason(
  { sql }: Services["database"],
  { sessionId, generation }: Ownership,
): Promise<AppError | null> {
  const [row] = await sql<{ stopped: boolean }[]>`
    select exists (
      select 1 from prompts
      where session_id = sessions.id and prompts.generation = sessions.generation
        and prompts.status <> 'settled' and interrupt_requested_at is not null
    ) as stopped
    from sessions
    where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) return new AppError("gone", "The session was deleted");
  return row.stopped ? stopRequested() : null;
}

/** Why something ends that somebody has pressed Stop for. */
export const stopRequested = () =>
  new AppError("conflict", "Stopped", { details: { isStop: true } });

export const isStop = ({ details }: AppError): boolean => details["isStop"] === true;
