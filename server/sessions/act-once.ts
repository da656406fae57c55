interface Work {
  run(): Promise<void>;
  /** Whether the session has something to do that nobody does; asked after a run during which it was called again. */
  isStranded(): Promise<boolean>;
}

/**
 * Lets at most one actor of a session live here. A call that comes meanwhile ends at once, as whoever owns the session
 * reads its rows again; one that came too late for that, when the session was given back already, is made good for by
 * another run.
 */
export function createActOnce(): (sessionId: string, work: Work) => Promise<void> {
  /** Sessions that have an actor; true once one was called for since that was last looked at. */
  const acting = new Map<string, boolean>();

  const mustRunAgain = async (sessionId: string, { isStranded }: Work) => {
    while (acting.get(sessionId) === true) {
      acting.set(sessionId, false);
      if (await isStranded()) return true;
    }
    return false;
  };

  return async (sessionId, work) => {
    if (acting.has(sessionId)) {
      acting.set(sessionId, true);
      return;
    }
    acting.set(sessionId, false);
    try {
      do await work.run();
      while (await mustRunAgain(sessionId, work));
    } finally {
      acting.delete(sessionId);
    }
  };
}
