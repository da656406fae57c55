interface OneAtATimeOptions {
  work(key: string, signal: AbortSignal): Promise<void>;
  /** Has `work` be called for the key again, later. */
  again(key: string): Promise<void>;
}

/**
 * `work` for each key once at a time. A call that comes while an earlier one goes on ends at once; as it may have come
 * too late to be seen by that, there is another one afterwards, one for all. Where `work` throws, whoever called it calls
 * it again.
 */
export function oneAtATime({ work, again }: OneAtATimeOptions) {
  /** Keys that are worked on, and whether somebody came meanwhile. */
  const atWork = new Map<string, boolean>();
  return async (key: string, signal: AbortSignal): Promise<void> => {
    if (atWork.has(key)) return void atWork.set(key, true);
    atWork.set(key, false);
    let isAskedAgain = false;
    try {
      await work(key, signal);
    } finally {
      isAskedAgain = atWork.get(key) === true;
      atWork.delete(key);
    }
    if (isAskedAgain) await again(key);
  };
}
