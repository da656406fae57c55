interface Work<Call> {
  run(call: Call): Promise<void>;
  /** Whether the session has something to do that nobody does; asked after a run during which it was called again. */
  isStranded(): Promise<boolean>;
}

/**
 * Lets at most one actor of a session live here. A call that comes meanwhile ends at once, as whoever owns the session
 * reads its rows again; one that came too late for that, when the session was given back already, is made good for by
 * another run, for the call that came last.
 */
export function createActOnce<Call extends { sessionId: string }>(): (
  call: Call,
  work: Work<Call>,
) => Promise<void> {
  /** Of sessions that have an actor: what was called for since that was last looked at. */
  const acting = new Map<string, Call | null>();

  /** With null the session has no actor here any more, from that very moment on: no call falls in between. */
  const findNext = async (sessionId: string, { isStranded }: Work<Call>) => {
    for (;;) {
      const called = acting.get(sessionId) ?? null;
      if (called === null) {
        acting.delete(sessionId);
        return null;
      }
      acting.set(sessionId, null);
      if (await isStranded()) return acting.get(sessionId) ?? called;
    }
  };

  return async (call, work) => {
    const { sessionId } = call;
    if (acting.has(sessionId)) {
      acting.set(sessionId, call);
      return;
    }
    acting.set(sessionId, null);
    try {
      for (let next: Call | null = call; next !== null; next = await findNext(sessionId, work))
        await work.run(next);
    } catch (error) {
      acting.delete(sessionId);
      throw error;
    }
  };
}
