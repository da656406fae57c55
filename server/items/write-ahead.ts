interface WriteAheadOptions<Batch> {
  write: (batch: Batch) => Promise<void>;
  /** The next batch is not begun before this one is written: two of them would take too much memory. */
  isAlone: (batch: Batch) => boolean;
  signal: AbortSignal | undefined;
}

/**
 * Writes batches one after the other, in order, and has the next one gathered meanwhile: holds two. A source that fails
 * comes through once the batch before it is written; a write that fails does not wait for a source that is slow.
 */
export async function writeAhead<Batch>(
  batches: AsyncGenerator<Batch, void>,
  { write, isAlone, signal }: WriteAheadOptions<Batch>,
): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  let isGathering = false;
  try {
    for (;;) {
      const gathering = batches.next().finally(() => {
        isGathering = false;
      });
      isGathering = true;
      // Also when the write before it fails first.
      const next = await Promise.race([gathering, writing.then(() => gathering)]);
      await writing;
      if (next.done) return;
      signal?.throwIfAborted();
      writing = write(next.value);
      if (isAlone(next.value)) await writing;
    }
  } finally {
    await Promise.allSettled([writing, ...(isGathering ? [] : [batches.return()])]);
    // A source in the middle of its work closes when it is through with it.
    if (isGathering) batches.return().catch(() => {});
  }
}
