"use client";

import { useAtomValue } from "jotai";
import Link from "next/link";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { linkButton } from "#components/frame/notice-page.tsx";
import { Button } from "#components/ui/button.tsx";
import { PanelSection } from "./panel-section.tsx";
import { QueryNotice, RowsToCome } from "./query-notice.tsx";
import { UploadCard } from "./upload-card.tsx";
import { useUploads } from "./use-uploads.ts";

/** Everything that was brought into the session, newest first. */
export function UploadList() {
  const { sessionId, hasWorkspace } = useAtomValue(sessionStateAtom);
  const { uploads, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useUploads();
  return (
    <PanelSection name="uploads" title="Uploads">
      {uploads.length > 0 && (
        <ul aria-label="Uploads" className="flex flex-col">
          {uploads.map((upload) => (
            <UploadCard key={upload.uploadId} upload={upload} />
          ))}
        </ul>
      )}
      {isPending && uploads.length === 0 && <RowsToCome count={2} label="Loading uploads …" />}
      {error && (
        <div className="px-5 pt-3">
          <QueryNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {!isPending && !error && uploads.length === 0 && (
        <p className="px-5 pt-2 text-label text-faint">
          {hasWorkspace
            ? "Nothing was brought into this session: its agent wrote all of it here."
            : "No upload was brought into this session."}
        </p>
      )}
      <div className="flex flex-wrap gap-2 px-5 pt-3">
        {hasNextPage && (
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? "Loading more …" : "Older uploads"}
          </Button>
        )}
        <Link href={`/upload?session=${sessionId}`} className={linkButton}>
          Add a file
        </Link>
      </div>
    </PanelSection>
  );
}
