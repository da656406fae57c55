import type { Services } from "#server/services.ts";
import type { Ownership } from "../change-session.ts";
import type { Inbox } from "../inbox.ts";

interface WatchOptions {
  ownership: Ownership;
  inbox: Inbox;
}

export interface PromptWatch {
  /** Aborted when the session has something to do. */
  signal: AbortSignal;
  /** Resolves when nothing is read any more. */
  end(): Promise<void>;
}

/** For work that gives way to a prompt. */
export function watchForPrompt(
  { database: { sql }, log }: Pick<Services, "database" | "log">,
  { ownership, inbox }: WatchOptions,
): PromptWatch {
  const found = new AbortController();
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted && !found.signal.aborted) {
      const [row] = await sql`
        select 1 from prompts
        where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
          and status = 'accepted' limit 1`;
      if (row) found.abort(new Error("A prompt is waiting"));
      else await inbox.wait(ended.signal);
    }
  };
  const watching = watch().catch((error: unknown) => log.warn({ err: error }, "not watched"));
  return {
    signal: found.signal,
    async end() {
      ended.abort();
      await watching;
    },
  };
}
