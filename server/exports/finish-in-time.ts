import type { Spool } from "./spool.ts";

interface FinishOptions {
  /** How long `source` may be held open by its reader. */
  limitMs: number;
  openSpool(rest: AsyncIterable<Buffer>): Spool;
}

/**
 * The same bytes, pulled by the reader. When he has not come to the end in time, also because he has stopped reading,
 * the rest is spooled at full speed and `source` ends; he goes on from the spool. Leaving ends both.
 */
export async function* finishInTime(
  source: AsyncGenerator<Buffer>,
  { limitMs, openSpool }: FinishOptions,
): AsyncGenerator<Buffer> {
  let spool: Spool | null = null;
  const timer = setTimeout(() => (spool = openSpool(source)), limitMs);
  const spooled = () => spool;
  try {
    while (spooled() === null) {
      const { value, done } = await source.next();
      if (done) return;
      yield value;
    }
    yield* spooled()!.read();
  } finally {
    clearTimeout(timer);
    await spooled()?.remove();
    await source.return(undefined);
  }
}
