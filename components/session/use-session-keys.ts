"use client";

import { useStore } from "jotai";
import { useEffect } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { isFollowingAtom } from "./session-atoms.ts";

/** `j k` steps, `J K` prompts, `o` opens, `c` copies a link, `g` follows, `i` writes, Escape leaves the step. */
export function useSessionKeys() {
  const store = useStore();
  useEffect(() => {
    const listening = new AbortController();
    const commands: Record<string, () => void> = {
      j: () => move("[data-step]", 1),
      k: () => move("[data-step]", -1),
      J: () => move("[data-prompt]", 1),
      K: () => move("[data-prompt]", -1),
      o: () => currentStep()?.querySelector<HTMLElement>("[data-opens], [aria-expanded]")?.click(),
      c: copyLink,
      g: () => store.set(isFollowingAtom, true),
      i: () => document.querySelector<HTMLElement>("[data-composer]")?.focus(),
      Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
    };
    document.addEventListener(
      "keydown",
      (event) => {
        const command = commands[event.key];
        if (!command || isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey)
          return;
        event.preventDefault();
        // Walking is reading: the page must not run on meanwhile.
        if (/^[jk]$/i.test(event.key)) store.set(isFollowingAtom, false);
        command();
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [store]);
}

function currentStep(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-step]") ?? null;
}

/** To the next one in the direction, from the focused step, else from what is at the top of the screen. */
function move(selector: string, direction: 1 | -1) {
  const steps = [...document.querySelectorAll<HTMLElement>(selector)];
  const current = currentStep();
  const place = current ? positionOf(current) : topOfScreen();
  const isBeyond = (step: HTMLElement) => (positionOf(step) - place) * direction > 1;
  const next = direction === 1 ? steps.find(isBeyond) : steps.findLast(isBeyond);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "start" });
}

function positionOf(element: HTMLElement): number {
  return element.getBoundingClientRect().top + scrollY;
}

/** Below the header, which lies over the page. */
function topOfScreen(): number {
  return scrollY + 80;
}

function copyLink() {
  const step = currentStep();
  if (step === null || step.id === "") return;
  const url = new URL(location.href);
  url.hash = step.id;
  history.replaceState(history.state, "", url);
  void navigator.clipboard.writeText(url.href);
}
