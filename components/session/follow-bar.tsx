"use client";

import { useAtom, useAtomValue, useSetAtom } from "jotai";
import { ArrowDown, ArrowDownToLine } from "lucide-react";
import { isFollowingAtom, unseenCountAtom } from "./session-atoms.ts";

/** Whether the page scrolls along with what arrives. */
export function FollowToggle() {
  const [isFollowing, setIsFollowing] = useAtom(isFollowingAtom);
  return (
    <button
      type="button"
      aria-pressed={isFollowing}
      onClick={() => setIsFollowing(!isFollowing)}
      className="-my-1 inline-flex h-6 shrink-0 items-center gap-1.5 rounded px-1.5 text-meta text-faint transition-colors hover:bg-hover hover:text-ink aria-pressed:text-accent pointer-coarse:h-9"
    >
      <ArrowDownToLine aria-hidden className="size-3.5" />
      {isFollowing ? "Following" : "Follow"}
    </button>
  );
}

/** The way back to what came while the reader was elsewhere on the page. */
export function UnseenButton() {
  const unseenCount = useAtomValue(unseenCountAtom);
  const setIsFollowing = useSetAtom(isFollowingAtom);
  if (unseenCount === 0) return null;
  return (
    <button
      type="button"
      onClick={() => setIsFollowing(true)}
      className="absolute -top-10 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent px-3.5 text-meta font-medium text-on-accent tabular shadow-floating hover:bg-accent-strong pointer-coarse:h-10"
    >
      <ArrowDown aria-hidden className="size-3.5" />
      {unseenCount.toLocaleString("en")} new
    </button>
  );
}
