import { useEffect, useEffectEvent } from "react";
import { isTyping } from "./is-typing.ts";

/** Does something when a key is pressed alone on the page: not in a field, and not while a dialog is open. */
export function usePageKey(key: string, run: () => void): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const isModified = event.metaKey || event.ctrlKey || event.altKey;
    if (event.key !== key || isModified || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    run();
  });
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener("keydown", (event) => onKeyDown(event), { signal: listening.signal });
    return () => listening.abort();
  }, []);
}
