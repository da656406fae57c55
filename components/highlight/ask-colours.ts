import { startWorker } from "#components/worker/start-worker.ts";
import { createWorkerQueue } from "#components/worker/worker-queue.ts";
import type { ColourAnswer, ColourRequest } from "./code-colours.ts";

/** More is shown without colours. UTF-16 units, and lines. */
const TEXT_MAX_LENGTH = 100_000;
const LINES_MAX = 2_000;
/** Answers that are kept for code that comes on screen again. */
const KEPT_MAX = 200;

const askWorker = createWorkerQueue({
  start: (listener) =>
    startWorker(
      new Worker(new URL("./highlight-worker.ts", import.meta.url), { type: "module" }),
      listener,
    ),
  // Of one request; the first of a language loads its grammar too.
  timeoutMs: 4_000,
  waitingMax: 100,
});

const kept = new Map<string, Promise<ColourAnswer | null>>();

export function isTooLongToColour(text: string): boolean {
  if (text.length > TEXT_MAX_LENGTH) return true;
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count >= LINES_MAX;
}

/** Colours of a text, from a worker; null when it took too long or could not be done. Asks once for equal texts. */
export function askColours(request: ColourRequest): Promise<ColourAnswer | null> {
  const key = `${request.language}\n${request.text}`;
  const known = kept.get(key);
  if (known) return known;
  const answer = askWorker(request) as Promise<ColourAnswer | null>;
  kept.set(key, answer);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value ?? "");
  return answer;
}
