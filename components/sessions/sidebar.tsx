"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useSetAtom } from "jotai";
import { Plus, Search } from "lucide-react";
import Link from "next/link";
import { overlayAtom } from "#components/frame/frame-atoms.ts";
import type { Theme } from "#components/frame/theme.ts";
import { ThemeSwitch } from "#components/frame/theme-switch.tsx";
import { Wordmark } from "#components/frame/wordmark.tsx";
import { useTRPC } from "#components/api/trpc.ts";
import { IconButton } from "#components/ui/button.tsx";
import { shortRepository } from "#components/format/short-repository.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { PinMark, UnreadMark } from "./session-row.tsx";
import { isUnread, type SessionPage, type SessionSummary } from "./session-summary.ts";
import { SidebarEdge } from "./sidebar-edge.tsx";
import { StatusMark } from "./status-mark.tsx";
import { useLiveSessions } from "./use-live-sessions.ts";

const SHOWN = 30;

interface SidebarProps {
  teamId: string;
  currentId: string;
  firstPage: SessionPage;
  theme: Theme;
  widthPx: number;
}

/** The pinned sessions, then those that changed last, beside the one on screen; on wide screens only. */
export function Sidebar({ teamId, currentId, firstPage, theme, widthPx }: SidebarProps) {
  const trpc = useTRPC();
  const setOverlay = useSetAtom(overlayAtom);
  const { data } = useQuery(
    trpc.session.list.queryOptions({ limit: SHOWN }, { initialData: firstPage }),
  );
  useLiveSessions(teamId);
  return (
    <aside
      aria-label="Sessions"
      style={{ width: widthPx }}
      className="sticky top-0 hidden h-dvh shrink-0 flex-col border-r border-line bg-sunken md:flex"
    >
      <div className="flex h-13 items-center gap-1 pr-2 pl-4">
        <Wordmark />
        <IconButton label="Find" className="ml-auto" onClick={() => setOverlay("palette")}>
          <Search aria-hidden />
        </IconButton>
        <ThemeSwitch initial={theme} />
        <Link
          href="/"
          aria-label="New session"
          title="New session"
          className="inline-flex size-8 items-center justify-center rounded text-soft transition-colors hover:bg-hover hover:text-ink"
        >
          <Plus aria-hidden className="size-4" />
        </Link>
      </div>
      <nav
        aria-label="Recent sessions"
        className="relative min-h-0 flex-1 overflow-y-auto px-2 pt-1 pb-4"
      >
        <ul className="flex flex-col gap-px">
          {data.sessions.map((session) => (
            <SidebarRow
              key={session.sessionId}
              session={session}
              isCurrent={session.sessionId === currentId}
            />
          ))}
        </ul>
        {data.nextCursor !== null && (
          <Link
            href="/sessions"
            className="mt-2 block rounded px-2 py-1.5 text-meta text-accent hover:underline"
          >
            All sessions
          </Link>
        )}
      </nav>
      <SidebarEdge initialPx={widthPx} />
    </aside>
  );
}

function SidebarRow({ session, isCurrent }: { session: SessionSummary; isCurrent: boolean }) {
  const isNew = !isCurrent && isUnread(session);
  return (
    <li>
      <Link
        href={`/sessions/${session.sessionId}`}
        aria-current={isCurrent ? "page" : undefined}
        className={clsx(
          "flex flex-col rounded py-1.5 pr-2 pl-5 transition-colors",
          isCurrent ? "bg-surface shadow-[inset_0_0_0_1px_var(--line)]" : "hover:bg-hover",
        )}
      >
        <span className="relative flex items-center gap-2">
          {isNew && <UnreadMark className="absolute top-1/2 -left-3.5 -translate-y-1/2" />}
          <span
            dir="auto"
            className={clsx(
              "min-w-0 flex-1 truncate text-left text-label",
              (isCurrent || isNew) && "font-medium",
            )}
          >
            {visibleText(session.title)}
          </span>
          {session.isPinned && <PinMark />}
          <StatusMark status={session.status} hidesWord />
        </span>
        <span className="flex items-center justify-between gap-2 text-meta text-faint">
          <span className="truncate">{shortRepository(session.repository)}</span>
          <RelativeTime iso={session.updatedAt} className="shrink-0 tabular" />
        </span>
      </Link>
    </li>
  );
}
