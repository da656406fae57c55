"use client";

import { useStore } from "jotai";
import { useEffect } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import type { TranscriptSource } from "#components/transcript/transcript-source.ts";
import { toggleOutputsAtom } from "#components/outputs/output-atoms.ts";
import { useTranscriptSource } from "#components/transcript/transcript-source.ts";
import { useGoTo } from "#components/transcript/use-go-to.ts";
import {
  findTextAtom,
  holdPlaceAtom,
  isFollowingAtom,
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  sessionViewAtom,
  transcriptAtom,
  viewerModeAtom,
} from "./session-atoms.ts";

/**
 * `j k` steps, `J K` prompts, Home and End the session's ends, `o` opens, `c` copies a link, `f` finds, `t` shows the
 * outline, `u` the outputs, `g` follows, `i` writes, Escape leaves the step.
 */
export function useSessionKeys() {
  const store = useStore();
  const goTo = useGoTo();
  const source = useTranscriptSource();
  useEffect(() => {
    const listening = new AbortController();
    const commands: Record<string, () => void> = {
      j: () => move("[data-step]", 1),
      k: () => move("[data-step]", -1),
      J: () => {
        const prompt = store.get(transcriptAtom).turns.at(-1)?.id;
        if (move("[data-prompt]", 1) || prompt === undefined) return;
        if (store.get(sessionViewAtom).after === null) return;
        void findNextPrompt(source, prompt).then((id) => (id === null ? null : goTo(id)));
      },
      K: () => {
        const { before, firstPromptId } = store.get(sessionViewAtom);
        if (!move("[data-prompt]", -1) && before !== null && firstPromptId !== null)
          void goTo(firstPromptId);
      },
      Home: () => {
        const isLoaded = store.get(sessionViewAtom).before === null;
        store.set(holdPlaceAtom);
        if (isLoaded) scrollToStart();
        else
          void goTo("start", { keepsAddress: true }).then((element) => element && scrollToStart());
      },
      End: () => store.set(isFollowingAtom, true),
      f: () => store.set(findTextAtom, (text) => text ?? ""),
      t: () => {
        store.set(isOutputsOpenAtom, false);
        store.set(isOutlineOpenAtom, (isOpen) => !isOpen);
      },
      u: () => {
        if (store.get(viewerModeAtom) === "owner") store.set(toggleOutputsAtom);
      },
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
        if (isEdgeKey(event.key) && (event.shiftKey || movesInside(event))) return;
        event.preventDefault();
        if (/^[jk]$/i.test(event.key)) store.set(holdPlaceAtom);
        command();
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [store, goTo, source]);
}

/** The prompt after one that is loaded, where it is not. */
async function findNextPrompt(source: TranscriptSource, messageId: string): Promise<string | null> {
  try {
    const { entries } = await source.readOutline({ after: messageId });
    return entries[0]?.messageId ?? null;
  } catch {
    // The page goes on to say that it is offline; the key can be pressed again.
    return null;
  }
}

const isEdgeKey = (key: string) => key === "Home" || key === "End";

/** Home and End belong to what took them, and to a box that scrolls by itself where the focus is in one. */
function movesInside({ defaultPrevented, target }: KeyboardEvent): boolean {
  const box = target instanceof Element ? target.closest("[role=group], [role=region]") : null;
  return defaultPrevented || (box !== null && box.scrollHeight > box.clientHeight);
}

const scrollToStart = () => scrollTo({ top: 0, behavior: "instant" });

function currentStep(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-step]") ?? null;
}

/** To the next one in the direction, from the focused step, else from what is at the top of the screen; false for none. */
function move(selector: string, direction: 1 | -1): boolean {
  const steps = [...document.querySelectorAll<HTMLElement>(selector)];
  const current = currentStep();
  const place = current ? positionOf(current) : topOfScreen();
  const isBeyond = (step: HTMLElement) => (positionOf(step) - place) * direction > 1;
  const next = direction === 1 ? steps.find(isBeyond) : steps.findLast(isBeyond);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "start" });
  return next !== undefined;
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
