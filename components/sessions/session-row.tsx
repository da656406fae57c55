import clsx from "clsx";
import { Pin } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { TRASH_DAYS } from "#lib/limits.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { formatDay } from "#components/settings/expiry.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { HitLine, hitLink } from "./hit-line.tsx";
import { isUnread, type SessionSummary } from "./session-summary.ts";
import { describeSource } from "./source-words.ts";
import { StatusMark } from "./status-mark.tsx";

const DAY_MS = 86_400_000;

interface SessionRowProps {
  session: SessionSummary;
  agentLabel?: string | undefined;
  isSelected?: boolean;
  /** Before the row: what selects it. */
  leading?: ReactNode;
  /** After it: what can be done with it. */
  trailing?: ReactNode;
  /** Below it: what stands under the session. */
  children?: ReactNode;
}

/**
 * One line of a list of sessions; on a narrow screen two. A search adds one with what it found. Titles stand below each
 * other, read or not: the mark of what is new has a gutter of its own.
 */
export function SessionRow(props: SessionRowProps) {
  const { session, agentLabel, isSelected = false, leading, trailing, children } = props;
  const { sessionId, title, status, hit, parent, trashedAt, updatedAt } = session;
  const isNew = isUnread(session);
  return (
    <li className="border-b border-line last:border-b-0">
      <div
        className={clsx(
          "group/row flex items-center gap-0.5 px-1 transition-colors hover:bg-hover",
          isSelected && "bg-accent-wash",
        )}
      >
        {leading}
        <Link
          href={hitLink(sessionId, hit)}
          data-session-row={sessionId}
          className={clsx(
            "grid min-w-0 flex-1 grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-1 rounded py-3 pr-2 pl-5 focus-visible:-outline-offset-2 sm:py-2.5",
            trashedAt === null
              ? "sm:grid-cols-[minmax(0,1fr)_6.75rem_5.25rem]"
              : "sm:grid-cols-[minmax(0,1fr)_6.75rem_auto]",
          )}
        >
          <span className="col-span-2 flex min-w-0 flex-col sm:col-span-1">
            <span className="relative flex min-w-0 items-center gap-1.5">
              {isNew && <UnreadMark className="absolute top-1/2 -left-4 -translate-y-1/2" />}
              <span
                dir="auto"
                className={clsx("truncate", isNew ? "font-semibold" : "font-medium")}
              >
                {visibleText(title)}
              </span>
              {session.isPinned && <PinMark />}
            </span>
            <span title={session.repository ?? undefined} className="truncate text-meta text-faint">
              {[
                parent && `in “${visibleText(parent.title)}”`,
                shortRepository(session.repository),
                session.baseBranch,
                agentLabel ?? session.agentId,
                describeSource(session.source),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
            {hit && <HitLine hit={hit} className="mt-1 line-clamp-2 text-meta text-soft" />}
          </span>
          <StatusMark status={status} />
          <span className="justify-self-end text-right text-meta text-faint tabular sm:whitespace-nowrap">
            {trashedAt === null ? (
              <RelativeTime iso={updatedAt} />
            ) : (
              <DeletionDay trashedAt={trashedAt} updatedAt={updatedAt} />
            )}
          </span>
        </Link>
        {trailing}
      </div>
      {children}
    </li>
  );
}

/** The day from which on the server deletes it: both must lie long back. */
function DeletionDay({ trashedAt, updatedAt }: { trashedAt: string; updatedAt: string }) {
  const lastMs = Math.max(Date.parse(trashedAt), Date.parse(updatedAt));
  const day = new Date(lastMs + TRASH_DAYS * DAY_MS);
  return (
    <>
      Deleted for good on{" "}
      <time dateTime={day.toISOString()} className="whitespace-nowrap">
        {formatDay(day.getTime())}
      </time>
    </>
  );
}

/** There is something in the session that the viewer has not read. */
export function UnreadMark({ className }: { className?: string }) {
  return (
    <span title="Unread" className={clsx("inline-flex shrink-0", className)}>
      <span aria-hidden className="size-2 rounded-full bg-accent" />
      <span className="sr-only">Unread: </span>
    </span>
  );
}

export function PinMark() {
  return (
    <span title="Pinned" className="inline-flex shrink-0 text-faint">
      <Pin aria-hidden className="size-3 fill-current" />
      <span className="sr-only">, pinned</span>
    </span>
  );
}
