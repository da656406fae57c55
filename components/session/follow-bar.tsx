"use client";

import { useAtom, useAtomValue } from "jotai";
import { ArrowDown, ArrowDownToLine } from "lucide-react";
import { isFollowingAtom, unseenCountAtom } from "./session-atoms.ts";

/** The visible toggle of following, and the way back to what came meanwhile. */
export function FollowBar() {
  const [isFollowing, setIsFollowing] = useAtom(isFollowingAtom);
  const unseenCount = useAtomValue(unseenCountAtom);
  return (
    <div className="flex items-center justify-end gap-2">
      {unseenCount > 0 && (
        <button
          type="button"
          onClick={() => setIsFollowing(true)}
          className="inline-flex h-7 items-center gap-1.5 rounded-full bg-accent px-3 text-meta font-medium text-on-accent tabular shadow-floating hover:bg-accent-strong pointer-coarse:h-9"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {unseenCount.toLocaleString("en")} new
        </button>
      )}
      <button
        type="button"
        aria-pressed={isFollowing}
        onClick={() => setIsFollowing(!isFollowing)}
        className="inline-flex h-7 items-center gap-1.5 rounded-full border border-line bg-canvas px-3 text-meta text-soft transition-colors hover:bg-hover hover:text-ink aria-pressed:border-accent aria-pressed:text-accent pointer-coarse:h-9"
      >
        <ArrowDownToLine aria-hidden className="size-3.5" />
        {isFollowing ? "Following" : "Follow"}
      </button>
    </div>
  );
}
