"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { useEffect } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { isSharingAtom } from "./share-atoms.ts";

const ShareDialog = dynamic(async () => (await import("./share-dialog.tsx")).ShareDialog, {
  ssr: false,
});

/** The dialog while it is open, and its key; loaded when first asked for. */
export function ShareHost() {
  const [isSharing, setIsSharing] = useAtom(isSharingAtom);
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener(
      "keydown",
      (event) => {
        const isModified = event.metaKey || event.ctrlKey || event.altKey;
        if (event.key !== "s" || isModified || isTyping(event.target)) return;
        if (document.querySelector("dialog[open]")) return;
        event.preventDefault();
        setIsSharing(true);
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [setIsSharing]);
  if (!isSharing) return null;
  return <ShareDialog onClose={() => setIsSharing(false)} />;
}
