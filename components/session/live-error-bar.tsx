"use client";

import { useAtomValue } from "jotai";
import { CloudOff } from "lucide-react";
import { liveErrorAtom } from "./session-atoms.ts";

const meanings: Readonly<Record<string, string>> = {
  gone: "This session was deleted. What you see is its last state.",
  not_found: "This session is no longer yours to see. What you see is its last state.",
  unauthorized:
    "You are signed out. Sign in again in this browser, then load this page again: on the server’s machine `npx millrace sign-in` prints an address.",
};

/** Says why nothing new will come; what is on the page stays. */
export function LiveErrorBar() {
  const error = useAtomValue(liveErrorAtom);
  if (error === null) return null;
  return (
    <p
      role="alert"
      className="flex items-start gap-2 rounded border border-warning bg-warning-wash px-4 py-2.5 text-label"
    >
      <CloudOff aria-hidden className="mt-0.5 size-4 shrink-0 text-warning" />
      {meanings[error.code] ?? error.message}
    </p>
  );
}
