/** What a load took, from the start of the navigation. */
export interface Load {
  /** When the first message was painted. */
  paintedMs: number;
  longestTaskMs: number;
}

declare global {
  var pageLoad: (Partial<Load> & { longestTaskMs: number }) | undefined;
  var frameTimesMs: number[] | undefined;
}

/** Runs in a page before anything else: notes when its first message is on screen, and its longest task. */
export function notePaint(): void {
  const load: NonNullable<typeof globalThis.pageLoad> = { longestTaskMs: 0 };
  globalThis.pageLoad = load;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries())
      load.longestTaskMs = Math.max(load.longestTaskMs, duration);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    if (document.querySelector('article[aria-label="You"]') === null) {
      requestAnimationFrame(look);
      return;
    }
    // What is there before a frame is drawn in it; this comes after.
    setTimeout(() => (load.paintedMs = performance.now()));
  };
  look();
}

/** Scrolls a page to the end of its session, a step in every frame; false when that takes too long. */
export async function noteFrames({
  pxPerFrame,
  timeoutMs,
}: {
  pxPerFrame: number;
  timeoutMs: number;
}): Promise<boolean> {
  const times: number[] = [];
  globalThis.frameTimesMs = times;
  const endsAtMs = performance.now() + timeoutMs;
  for (let lastMs = performance.now(); lastMs < endsAtMs;) {
    scrollBy({ top: pxPerFrame, behavior: "instant" });
    const nowMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    times.push(nowMs - lastMs);
    lastMs = nowMs;
    const isAtBottom = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    if (isAtBottom && document.querySelector('[data-edge="after"]') === null) return true;
  }
  return false;
}

export function readFrames(): { all: number; slow: number } {
  const times = globalThis.frameTimesMs ?? [];
  return { all: times.length, slow: times.filter((ms) => ms > 50).length };
}
