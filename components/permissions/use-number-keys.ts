import { useEffect, useEffectEvent } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { createCardChange } from "./card-change.ts";

const cardChange = createCardChange();

/**
 * Keys 1 to 9 choose from the first card, while nobody types and no dialog is open; not at once after another card was
 * the first.
 */
export function useNumberKeys(isFirst: boolean, choose: (index: number) => void): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const isModified = event.metaKey || event.ctrlKey || event.altKey;
    if (!/^[1-9]$/.test(event.key) || isModified || event.repeat || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (cardChange.isForLastCard(event.timeStamp)) return;
    choose(Number(event.key) - 1);
  });
  useEffect(() => {
    if (!isFirst) return undefined;
    const listening = new AbortController();
    document.addEventListener("keydown", (event) => onKeyDown(event), { signal: listening.signal });
    return () => {
      listening.abort();
      cardChange.leave(performance.now());
    };
  }, [isFirst]);
}
