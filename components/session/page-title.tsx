"use client";

import { useAtomValue } from "jotai";
import { useEffect } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { sessionStateAtom } from "./session-atoms.ts";

/** What the browser's tab is called: the session, and that it waits for its reader where it does. */
export function PageTitle() {
  const { title, status } = useAtomValue(sessionStateAtom);
  const wanted = `${status === "needs_you" ? "Needs you: " : ""}${visibleText(title)} · Millrace`;
  useEffect(() => {
    document.title = wanted;
  }, [wanted]);
  return null;
}
