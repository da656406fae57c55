"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { QueryNotice } from "./query-notice.tsx";
import { formatRecognised } from "./recognised.ts";

/** How much of what was brought here became items, and what the rest is. */
export function CoverageLine() {
  const trpc = useTRPC();
  const { sessionId, skippedItemCount } = useAtomValue(sessionStateAtom);
  const { data, error, refetch } = useQuery(trpc.upload.coverage.queryOptions({ sessionId }));
  if (error && !data) {
    return (
      <div className="p-5">
        <QueryNotice error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (data?.uploadCount === 0) return null;
  const recognised = data && formatRecognised(data);
  const missingBytes = data?.unrecognisedBytes ?? 0;
  const members = data?.ignoredMembers ?? [];
  const openCount = (data?.underWayCount ?? 0) + (data?.cancelledCount ?? 0);
  return (
    <section
      aria-label="Coverage"
      className="flex min-h-28 flex-col gap-1 border-b border-line px-5 py-5"
    >
      <p className="text-title font-semibold tracking-tight tabular">
        {recognised ?? <span className="text-faint">–</span>}
        <span className="ml-2 text-label font-normal tracking-normal text-soft">
          {recognised === null ? "nothing was read yet" : "recognised"}
        </span>
      </p>
      {data && recognised !== null && (
        <p className="text-label text-soft">
          {missingBytes === 0
            ? `Every byte of the ${formatBytes(data.decodedBytes)} that were read became an item or belongs to the frame around them.`
            : `${formatBytes(missingBytes)} of ${formatBytes(data.decodedBytes)} became no item${reasons({ skippedItemCount, members, openCount })}.`}
        </p>
      )}
      {members.length > 0 && (
        <p className="text-meta text-faint">
          Members without a place here:{" "}
          {members.map((member, index) => (
            <span key={member}>
              {index > 0 && ", "}
              <code className="font-mono wrap-anywhere">{member}</code>
            </span>
          ))}
          . They are in the file as received.
        </p>
      )}
    </section>
  );
}

interface Causes {
  skippedItemCount: number;
  members: readonly string[];
  /** Uploads of which the worker has not read all. */
  openCount: number;
}

function reasons({ skippedItemCount, members, openCount }: Causes): string {
  const causes = [
    skippedItemCount > 0 && formatCount(skippedItemCount, "skipped item"),
    members.length > 0 && formatCount(members.length, "unknown member"),
    openCount > 0 && `${formatCount(openCount, "upload")} not read to the end`,
  ].filter((cause) => cause !== false);
  return causes.length === 0 ? "" : `: ${new Intl.ListFormat("en").format(causes)}`;
}
