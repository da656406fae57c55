"use client";

import { useEffect, useRef } from "react";
import { CoverageLine } from "./coverage-line.tsx";
import { SideSheet } from "./side-sheet.tsx";
import { SkipLedger } from "./skip-ledger.tsx";
import { UploadList } from "./upload-list.tsx";
import { useIngestLink, useIngestPanel } from "./use-ingest-panel.ts";
import { WeightMap } from "./weight-map.tsx";

/** What was brought into the session and what became of it; nothing until somebody asks. */
export function IngestPanel() {
  useIngestLink();
  const { section, close } = useIngestPanel();
  if (section === null) return null;
  return (
    <SideSheet title="Uploads and coverage" onClose={close}>
      <PanelBody section={section} />
    </SideSheet>
  );
}

function PanelBody({ section }: { section: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (section === "uploads") return;
    ref.current
      ?.querySelector(`[data-panel-section="${section}"]`)
      ?.scrollIntoView({ block: "start" });
  }, [section]);
  return (
    <div ref={ref} className="flex flex-col pb-8">
      <CoverageLine />
      <SkipLedger />
      <UploadList />
      <WeightMap />
    </div>
  );
}
