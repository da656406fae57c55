"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { overlayAtom } from "./frame-atoms.ts";
import { focusPageSearch } from "./page-search.ts";
import { isTyping } from "./is-typing.ts";

const Palette = dynamic(async () => (await import("./palette.tsx")).Palette, { ssr: false });
const ShortcutSheet = dynamic(async () => (await import("./shortcut-sheet.tsx")).ShortcutSheet, {
  ssr: false,
});

const SignOutDialog = dynamic(async () => (await import("./sign-out-dialog.tsx")).SignOutDialog, {
  ssr: false,
});

/** What may lie over any page, and the keys that open it; loaded when first asked for. */
export function Overlays() {
  const [overlay, setOverlay] = useAtom(overlayAtom);
  // Who reads a share has no other page here, nor sessions to find.
  const isShare = usePathname().startsWith("/share/");

  useEffect(() => {
    if (isShare) return undefined;
    const listening = new AbortController();
    document.addEventListener(
      "keydown",
      (event) => {
        const isPaletteChord = (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k";
        const isCommand =
          !isTyping(event.target) && !event.metaKey && !event.ctrlKey && !event.altKey;
        const isSlash = isCommand && event.key === "/";
        if (isSlash && focusPageSearch()) {
          event.preventDefault();
        } else if (isPaletteChord || isSlash) {
          event.preventDefault();
          setOverlay((current) => (current === "palette" ? null : "palette"));
        } else if (isCommand && event.key === "?") {
          event.preventDefault();
          setOverlay("shortcuts");
        }
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [isShare, setOverlay]);

  const close = () => setOverlay(null);
  if (overlay === "palette") return <Palette onClose={close} />;
  if (overlay === "shortcuts") return <ShortcutSheet onClose={close} />;
  if (overlay === "sign-out") return <SignOutDialog onClose={close} />;
  return null;
}
