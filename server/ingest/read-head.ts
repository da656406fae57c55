const NEWLINE = 0x0a;

interface Head<Verdict> {
  head: Buffer;
  verdict: Verdict | "undecided";
  /** All of the source, to be read once. */
  whole: AsyncGenerator<Uint8Array>;
}

interface HeadOptions<Verdict> {
  /** More is not held back. */
  maxBytes: number;
  /**
   * Asked about what has come when a line has ended in it, or when it is twice as much as before. `isLast`: it is all that
   * will be shown.
   */
  judge(head: Buffer, options: { isLast: boolean }): Verdict | "undecided";
}

/**
 * Reads the beginning of a source until it can be judged, and gives all of it back. What fails meanwhile fails behind the
 * bytes that came before. Chunks are copied: their source may use them again.
 */
export async function readHead<Verdict>(
  source: AsyncGenerator<Uint8Array>,
  { maxBytes, judge }: HeadOptions<Verdict>,
): Promise<Head<Verdict>> {
  let head = Buffer.alloc(0);
  let verdict: Verdict | "undecided" = "undecided";
  let judgedBytes = 0;
  let failure: { error: unknown } | null = null;
  let hasEnded = false;
  const pieces: Uint8Array[] = [];
  let byteLength = 0;
  while (verdict === "undecided" && !hasEnded && judgedBytes < maxBytes) {
    const next = await source.next().catch((error: unknown) => ({ error }));
    if ("error" in next) failure = next;
    hasEnded = "error" in next || next.done === true;
    const chunk = "error" in next || next.done ? null : Buffer.from(next.value);
    if (chunk) pieces.push(chunk);
    byteLength += chunk?.byteLength ?? 0;
    const isDue = hasEnded || byteLength >= 2 * judgedBytes || chunk?.includes(NEWLINE);
    if (!isDue) continue;
    head = Buffer.concat(pieces).subarray(0, maxBytes);
    verdict = judge(head, { isLast: hasEnded || byteLength >= maxBytes });
    judgedBytes = byteLength;
  }
  return { head, verdict, whole: join(pieces, source, failure) };
}

async function* join(
  pieces: readonly Uint8Array[],
  source: AsyncGenerator<Uint8Array>,
  failure: { error: unknown } | null,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
    if (failure) throw failure.error;
    yield* source;
  } finally {
    await source.return(undefined);
  }
}
