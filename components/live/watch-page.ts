const HIDDEN_MS = 30_000;

/**
 * Calls `onReturn` when an open connection is probably dead although nobody said so: the network is back, the page
 * comes out of the back/forward cache, or it was hidden for 30 s. Returns how to stop; does nothing without a page.
 */
export function watchPage(onReturn: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const listening = new AbortController();
  const { signal } = listening;
  let hiddenAt = Infinity;
  window.addEventListener("online", onReturn, { signal });
  window.addEventListener("pageshow", (event) => event.persisted && onReturn(), { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") {
        hiddenAt = Date.now();
        return;
      }
      const wasHiddenMs = Date.now() - hiddenAt;
      hiddenAt = Infinity;
      if (wasHiddenMs >= HIDDEN_MS) onReturn();
    },
    { signal },
  );
  return () => listening.abort();
}
