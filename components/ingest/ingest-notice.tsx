"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import Link from "next/link";
import { isCancelled, type Upload } from "#lib/upload.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionStateAtom, sessionViewAtom } from "#components/session/session-atoms.ts";
import { linkButton } from "#components/frame/notice-page.tsx";
import { IngestBadges } from "./ingest-badges.tsx";
import { type ShownUpload, toShownUpload } from "./shown-upload.ts";
import { UploadActions } from "./upload-actions.tsx";
import { UploadError } from "./upload-error.tsx";
import { UploadProgress } from "./upload-progress.tsx";
import { UploadStateMark } from "./upload-state-mark.tsx";
import { describeEmpty, nameOf } from "./upload-words.ts";

/**
 * Below what is there already: that more is on its way. In the place of an empty transcript: what it waits for, or what
 * can be done. Nothing for a session that began here.
 */
export function IngestNotice() {
  const { state, messages, others, progress } = useAtomValue(sessionViewAtom);
  if (state.hasWorkspace) return null;
  const isEmpty = messages.length === 0 && others.length === 0;
  const underWay = state.uploads.filter(({ state: now }) => now !== "failed");
  const failed = isEmpty ? state.uploads.filter(hasFailed) : [];
  const shown = [...underWay, ...failed].map((upload) =>
    toShownUpload(upload, progress[upload.uploadId]),
  );
  if (shown.length === 0) return isEmpty ? <EmptySession /> : null;
  return (
    <section
      aria-label="On its way"
      className="mt-6 flex flex-col divide-y divide-line rounded border border-line bg-surface first:mt-0"
    >
      {shown.map((upload) => (
        <div key={upload.uploadId} className="flex flex-col gap-2.5 p-4">
          <div className="flex items-start justify-between gap-3">
            <p className="min-w-0 text-label font-medium wrap-anywhere">{nameOf(upload)}</p>
            <UploadStateMark upload={upload} />
          </div>
          <UploadProgress upload={upload} />
          <UploadError upload={upload} />
          {upload.state === "failed" ? (
            <UploadActions upload={upload} />
          ) : (
            <p className="text-meta text-faint">{noticeWords(upload, isEmpty)}</p>
          )}
        </div>
      ))}
    </section>
  );
}

function noticeWords({ state, way }: ShownUpload, isEmpty: boolean): string {
  if (!isEmpty) return "What is above is stored; the rest follows here.";
  if (state !== "receiving")
    return "Messages appear here as they are read. You can leave this page.";
  return way === "resumable"
    ? "Messages appear here as they are read: of a large file, while the rest still arrives."
    : "Messages appear here when all of it has arrived and is being read.";
}

const hasFailed = (upload: Upload) => upload.state === "failed" && !isCancelled(upload);

function EmptySession() {
  const trpc = useTRPC();
  const { sessionId, skippedItemCount } = useAtomValue(sessionStateAtom);
  const { data, error } = useQuery(trpc.upload.coverage.queryOptions({ sessionId }));
  return (
    <div className="flex flex-col items-start gap-3 rounded border border-dashed border-line px-4 py-6">
      <p className="min-h-5 text-label text-soft">
        {data
          ? describeEmpty({ ...data, skippedCount: skippedItemCount })
          : error && "There are no messages here."}
      </p>
      {skippedItemCount > 0 && <IngestBadges className="flex" />}
      <Link href={`/upload?session=${sessionId}`} className={linkButton}>
        Choose a file
      </Link>
    </div>
  );
}
