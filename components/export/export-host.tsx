"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { useEffect } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { isExportingAtom } from "./export-atoms.ts";

const ExportDialog = dynamic(async () => (await import("./export-dialog.tsx")).ExportDialog, {
  ssr: false,
});

/** The dialog while it is open, and its key; loaded when first asked for. */
export function ExportHost() {
  const [isExporting, setIsExporting] = useAtom(isExportingAtom);
  useEffect(() => {
    const listening = new AbortController();
    document.addEventListener(
      "keydown",
      (event) => {
        const isModified = event.metaKey || event.ctrlKey || event.altKey;
        if (event.key !== "e" || isModified || isTyping(event.target)) return;
        if (document.querySelector("dialog[open]")) return;
        event.preventDefault();
        setIsExporting(true);
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [setIsExporting]);
  if (!isExporting) return null;
  return <ExportDialog onClose={() => setIsExporting(false)} />;
}
