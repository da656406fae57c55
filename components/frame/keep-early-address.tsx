"use client";

import { useEffect } from "react";

declare global {
  interface Window {
    /** Where a link inside the page led last; null from when React has taken the page over, which follows them itself. */
    earlyAddress?: string | null;
  }
}

/** Puts the place of a link that was pressed early back into the address, and tells who follows it. Draws nothing. */
export function KeepEarlyAddress() {
  useEffect(() => {
    // The browser tells of the step in a task of its own, which may still be waiting.
    const timer = setTimeout(() => {
      const { earlyAddress } = window;
      window.earlyAddress = null;
      if (!earlyAddress || earlyAddress === location.href) return;
      // Without a state of its own: so the router hears of it too, and does not write its old one again.
      history.replaceState(null, "", earlyAddress);
      dispatchEvent(new HashChangeEvent("hashchange", { newURL: earlyAddress }));
    });
    return () => clearTimeout(timer);
  }, []);
  return null;
}
