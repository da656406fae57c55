/** What is older than this says nothing about now. */
const WINDOW_MS = 6_000;
/** Before that a rate would be a guess. */
const SPAN_MIN_MS = 500;

export interface RateMeter {
  /** Tells how many bytes were there at a moment. */
  note(bytes: number, nowMs: number): void;
  /** Of the last seconds; null as long as that is not known. */
  bytesPerSecond(): number | null;
  /** Forgets everything: what comes next continues nothing. */
  reset(): void;
}

/** Measures how fast a number of bytes grows. */
export function createRateMeter(): RateMeter {
  let notes: { bytes: number; ms: number }[] = [];
  return {
    note(bytes, nowMs) {
      const last = notes.at(-1);
      if (last && bytes < last.bytes) notes = [];
      notes.push({ bytes, ms: nowMs });
      // Two are kept whatever their age: on a slow line nothing else would be left.
      while (notes.length > 2 && nowMs - (notes[0]?.ms ?? nowMs) > WINDOW_MS) notes.shift();
    },
    bytesPerSecond() {
      const [first] = notes;
      const last = notes.at(-1);
      if (!first || !last || last.ms - first.ms < SPAN_MIN_MS) return null;
      return ((last.bytes - first.bytes) * 1_000) / (last.ms - first.ms);
    },
    reset() {
      notes = [];
    },
  };
}
