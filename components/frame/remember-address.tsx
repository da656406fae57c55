"use client";

import { useEffect } from "react";
import { returnCookie } from "#lib/return-path.ts";

/** Has the browser come back to this page once it is signed in, also from another tab. Draws nothing. */
export function RememberAddress() {
  useEffect(() => {
    const cookie = returnCookie(location.pathname + location.search + location.hash);
    if (cookie !== null) document.cookie = cookie;
  }, []);
  return null;
}
