"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { usePageKey } from "#components/frame/use-page-key.ts";
import { isExportingAtom } from "./export-atoms.ts";

const ExportDialog = dynamic(async () => (await import("./export-dialog.tsx")).ExportDialog, {
  ssr: false,
});

/** The dialog while it is open, and its key; loaded when first asked for. */
export function ExportHost() {
  const [isExporting, setIsExporting] = useAtom(isExportingAtom);
  usePageKey("e", () => setIsExporting(true));
  if (!isExporting) return null;
  return <ExportDialog onClose={() => setIsExporting(false)} />;
}
