"use client";

import { skipToken, useQuery } from "@tanstack/react-query";
import { useAtom, useAtomValue } from "jotai";
import { useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { SideSheet } from "#components/ingest/side-sheet.tsx";
import {
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  sessionStateAtom,
} from "#components/session/session-atoms.ts";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { ProcessList } from "./process-list.tsx";
import { processorUse } from "./processor-use.ts";
import { isResourcesOpenAtom } from "./resource-atoms.ts";
import { LimitSummary, ResourceSummary } from "./resource-summary.tsx";
import type { Resources } from "./resources.ts";

const READ_EVERY_MS = 2_000;

/** What the session uses of its machine, read anew as long as it is shown. */
export function ResourcesPanel() {
  const [isOpen, setIsOpen] = useAtom(isResourcesOpenAtom);
  const hasOutline = useAtomValue(isOutlineOpenAtom);
  const hasOutputs = useAtomValue(isOutputsOpenAtom);
  const hasIngest = useAtomValue(ingestSectionAtom) !== null;
  if (!isOpen || hasOutline || hasOutputs || hasIngest) return null;
  return (
    <SideSheet title="Processes and resources" onClose={() => setIsOpen(false)}>
      <PanelBody />
    </SideSheet>
  );
}

function PanelBody() {
  const trpc = useTRPC();
  const isHydrated = useHydrated();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const { data, error, refetch } = useQuery(
    trpc.machine.resources.queryOptions(isHydrated ? { sessionId } : skipToken, {
      refetchInterval: READ_EVERY_MS,
    }),
  );
  const before = useBefore(data);
  if (error && !data) return <QueryNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className="px-5 py-4 text-label text-faint">Reading …</p>;
  if (data.place !== "here") return <Absence resources={data} />;
  const use = processorUse(before, data);
  return (
    <>
      <ResourceSummary resources={data} use={use} />
      <ProcessList processes={data.processes} use={use} />
    </>
  );
}

/** The reading before this one; null until there are two. */
function useBefore(data: Resources | undefined): Resources | null {
  const [pair, setPair] = useState<{ before: Resources | null; now: Resources | null }>({
    before: null,
    now: null,
  });
  if (data && data !== pair.now) setPair({ before: pair.now, now: data });
  return pair.before;
}

function Absence({ resources: { place, enforced } }: { resources: Resources }) {
  if (place === "none")
    return (
      <p className="px-5 py-4 text-label text-soft">
        This session has no workspace on any machine now. It gets one with its next prompt.
      </p>
    );
  return (
    <>
      <p className="px-5 py-4 text-label text-soft">
        This session works on another machine, which this server cannot look into.
      </p>
      <LimitSummary enforced={enforced} />
    </>
  );
}
