import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";

type Needs = Pick<Services, "database" | "bus" | "log" | "environment">;

export interface SilenceWatch {
  /** The agent showed a sign of life; called for every update. */
  heard(): void;
  /** Resolves when nothing is written any more. */
  end(): Promise<void>;
}

/**
 * Tells watchers of a session when its turn has shown no sign of life for `STALL_AFTER_MS`, and when it shows one again.
 * The first turn counts from its delivery on, while the session is still preparing. Whoever waits for a person is not
 * silent.
 */
export function watchSilence(services: Needs, ownership: Ownership): SilenceWatch {
  const { STALL_AFTER_MS: stallAfterMs } = services.environment;
  let lastMs = Date.now();
  let isTold = false;
  let hasEnded = false;
  let writing = Promise.resolve();
  let timer = setTimeout(look, stallAfterMs);

  function look() {
    const restMs = lastMs + stallAfterMs - Date.now();
    if (restMs > 0) timer = setTimeout(look, restMs);
    else write(tellIfSilent);
  }

  async function tellIfSilent() {
    const sinceMs = lastMs;
    try {
      isTold = await tellSilence(services, ownership, { sinceMs, stallAfterMs });
      if (!isTold) lastMs = Date.now();
      else if (lastMs !== sinceMs) {
        // It showed a sign of life while its silence was written.
        isTold = false;
        await tellLife(services, ownership);
      }
    } finally {
      if (!isTold && !hasEnded) timer = setTimeout(look, stallAfterMs);
    }
  }

  function write(work: () => Promise<void>) {
    writing = writing.then(work).catch((error: unknown) => {
      services.log.warn({ err: error }, "silence of an agent not stored");
    });
  }

  return {
    heard() {
      lastMs = Date.now();
      if (!isTold || hasEnded) return;
      isTold = false;
      write(() => tellLife(services, ownership));
      timer = setTimeout(look, stallAfterMs);
    },
    async end() {
      hasEnded = true;
      clearTimeout(timer);
      await writing;
    },
  };
}

interface Silence {
  sinceMs: number;
  stallAfterMs: number;
}

/** False where the session waits for a person, or has only just been answered by one. */
function tellSilence(
  services: Needs,
  ownership: Ownership,
  { sinceMs, stallAfterMs }: Silence,
): Promise<boolean> {
  const { sessionId, generation } = ownership;
  return changeOwnSession(services, ownership, async (tx) => {
    const told = await tx`
      update sessions set silent_since = ${new Date(sinceMs).toISOString()}::text::timestamptz
      where id = ${sessionId} and status in ('preparing', 'working') and not exists (
        select from permission_requests
        where session_id = ${sessionId} and generation = ${generation}
          and (state = 'pending' or ended_at > now() - ${stallAfterMs} * interval '1 millisecond')
      )
      returning 1`;
    return told.length > 0;
  });
}

async function tellLife(services: Needs, ownership: Ownership): Promise<void> {
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`update sessions set silent_since = null where id = ${ownership.sessionId}`;
  });
}
