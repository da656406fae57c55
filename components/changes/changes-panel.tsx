"use client";

import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";
import { useAtom, useAtomValue } from "jotai";
import { Download } from "lucide-react";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { QueryNotice, RowsToCome } from "#components/ingest/query-notice.tsx";
import { SideSheet } from "#components/ingest/side-sheet.tsx";
import { isResourcesOpenAtom } from "#components/resources/resource-atoms.ts";
import {
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  sessionStateAtom,
} from "#components/session/session-atoms.ts";
import { ChangeCount } from "#components/transcript/diff/change-count.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import type { WorkspaceChanges } from "#lib/changes/workspace-changes.ts";
import { isChangesOpenAtom } from "./changes-atoms.ts";
import { ChangedFiles } from "./changed-files.tsx";
import { PushSection } from "./push-section.tsx";

/** What has changed in the session's files since its branch began; nothing until somebody asks. */
export function ChangesPanel() {
  const [isOpen, setIsOpen] = useAtom(isChangesOpenAtom);
  const hasOutline = useAtomValue(isOutlineOpenAtom);
  const hasOutputs = useAtomValue(isOutputsOpenAtom);
  const hasResources = useAtomValue(isResourcesOpenAtom);
  const hasIngest = useAtomValue(ingestSectionAtom) !== null;
  if (!isOpen || hasOutline || hasOutputs || hasResources || hasIngest) return null;
  return (
    <SideSheet title="Files changed" onClose={() => setIsOpen(false)}>
      <PanelBody />
    </SideSheet>
  );
}

function PanelBody() {
  const trpc = useTRPC();
  const isHydrated = useHydrated();
  const { sessionId, revision } = useAtomValue(sessionStateAtom);
  const { data, error, refetch } = useQuery(
    trpc.workspace.changes.queryOptions(isHydrated ? { sessionId, revision } : skipToken, {
      placeholderData: keepPreviousData,
    }),
  );
  if (error && data === undefined)
    return <QueryNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <RowsToCome count={3} label="Reading what has changed" />;
  if (data === null)
    return <Words>What the agent changes is read when its first turn has ended.</Words>;
  return (
    <>
      <Summary changes={data} sessionId={sessionId} />
      {data.hasPatch && (
        <ChangedFiles sessionId={sessionId} bytes={data.bytes} measuredAt={data.measuredAt} />
      )}
    </>
  );
}

interface SummaryProps {
  changes: WorkspaceChanges;
  sessionId: string;
}

function Summary({ changes, sessionId }: SummaryProps) {
  const { fileCount, additions, deletions, bytes, hasPatch, message, keptMessage } = changes;
  return (
    <div className="flex flex-col gap-3 border-b border-line px-5 py-4 text-label">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">
          {fileCount === 0 ? "No file has changed" : formatCount(fileCount, "file")}
        </span>
        <ChangeCount additions={additions} deletions={deletions} />
        {hasPatch && (
          <a
            href={`/api/v1/sessions/${sessionId}/changes.patch`}
            download
            className="ml-auto inline-flex items-center gap-1.5 rounded text-accent hover:underline"
          >
            <Download aria-hidden className="size-4" /> Download as a patch ({formatBytes(bytes)})
          </a>
        )}
      </p>
      <p className="text-meta text-faint">
        Since the branch began: commits, what is not committed, and new files. Ignored files are
        left out.
      </p>
      {message !== null && <p className="text-meta text-soft">{message}.</p>}
      {keptMessage !== null && (
        <p className="text-meta text-soft">
          Only the machine that this session works on has its files: {keptMessage}.
        </p>
      )}
      <PushSection />
    </div>
  );
}

const Words = ({ children }: { children: string }) => (
  <p className="px-5 py-4 text-label text-faint">{children}</p>
);
