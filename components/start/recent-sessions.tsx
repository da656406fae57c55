"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "#components/api/trpc.ts";
import { SessionRow } from "#components/sessions/session-row.tsx";
import type { SessionPage } from "#components/sessions/session-summary.ts";
import { useLiveSessions } from "#components/sessions/use-live-sessions.ts";

const SHOWN = 5;

interface RecentSessionsProps {
  teamId: string;
  firstPage: SessionPage;
  agentLabels: Readonly<Record<string, string>>;
}

/** The sessions that changed last, kept up to date. */
export function RecentSessions({ teamId, firstPage, agentLabels }: RecentSessionsProps) {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.session.list.queryOptions({ limit: SHOWN, order: "recent" }, { initialData: firstPage }),
  );
  useLiveSessions(teamId);
  return (
    <section aria-labelledby="recent-sessions" className="flex flex-col gap-3">
      <div className="flex items-baseline justify-between">
        <h2 id="recent-sessions" className="text-label font-semibold">
          Recent sessions
        </h2>
        {data.nextCursor !== null && (
          <Link href="/sessions" className="rounded text-label text-accent hover:underline">
            All sessions
          </Link>
        )}
      </div>
      {data.sessions.length === 0 ? (
        <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
          Sessions appear here and stay, whatever becomes of their workspace.
        </p>
      ) : (
        <ul aria-labelledby="recent-sessions" className="rounded border border-line bg-surface">
          {data.sessions.map((session) => (
            <SessionRow
              key={session.sessionId}
              session={session}
              agentLabel={session.agentId === null ? undefined : agentLabels[session.agentId]}
            />
          ))}
        </ul>
      )}
    </section>
  );
}
