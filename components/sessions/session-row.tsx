import Link from "next/link";
import { shortRepository } from "#components/format/short-repository.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { SessionSummary } from "./session-summary.ts";
import { StatusMark } from "./status-mark.tsx";

/** One line of a list of sessions; on a narrow screen two. */
export function SessionRow({
  session,
  agentLabel,
}: {
  session: SessionSummary;
  agentLabel?: string | undefined;
}) {
  return (
    <li className="border-b border-line last:border-b-0">
      <Link
        href={`/sessions/${session.sessionId}`}
        className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-3 py-3 transition-colors hover:bg-hover sm:grid-cols-[6.5rem_minmax(0,1fr)_auto] sm:py-2.5"
      >
        <StatusMark status={session.status} className="order-3 sm:order-none" />
        <span className="col-span-2 flex min-w-0 flex-col sm:col-span-1">
          <span className="truncate font-medium">{session.title}</span>
          <span title={session.repository ?? undefined} className="truncate text-meta text-faint">
            {[
              shortRepository(session.repository),
              session.baseBranch,
              agentLabel ?? session.agentId,
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        <RelativeTime
          iso={session.updatedAt}
          className="order-4 justify-self-end text-meta whitespace-nowrap text-faint tabular sm:order-none"
        />
      </Link>
    </li>
  );
}
