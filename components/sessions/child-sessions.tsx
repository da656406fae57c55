"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import type { SessionSummary } from "./session-summary.ts";
import { SessionRow } from "./session-row.tsx";

interface ChildSessionsProps {
  session: SessionSummary;
  agentLabels: Readonly<Record<string, string>>;
}

/** The sessions that stand below one of the list, read when they are asked for. */
export function ChildSessions({ session, agentLabels }: ChildSessionsProps) {
  const { sessionId, title, childCount } = session;
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.session.children.queryOptions({ sessionId }, { enabled: isOpen }),
  );
  return (
    <div className="pb-1.5 pl-4.5 sm:pl-11.5">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
        className="flex min-h-7 items-center gap-1 rounded px-1.5 text-meta text-soft hover:bg-hover hover:text-ink pointer-coarse:min-h-10"
      >
        <ChevronRight
          aria-hidden
          className={`size-3.5 transition-transform ${isOpen ? "rotate-90" : ""}`}
        />
        {formatCount(childCount, "sub-session")}
      </button>
      <div id={id} hidden={!isOpen}>
        {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
        {isOpen && !data && !error && (
          <p role="status" className="px-2 py-2 text-meta text-faint">
            Reading them …
          </p>
        )}
        {data && (
          <ul aria-label={`Sub-sessions of ${visibleText(title)}`} className="border-l border-line">
            {data.map((child) => (
              <SessionRow
                key={child.sessionId}
                session={{ ...child, parent: null }}
                agentLabel={child.agentId === null ? undefined : agentLabels[child.agentId]}
                // As wide as the menu of the rows around.
                trailing={<span aria-hidden className="w-8 shrink-0 pointer-coarse:w-10" />}
              />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
