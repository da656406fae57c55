"use client";

import { useAtomValue } from "jotai";
import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import { UnsafeMark } from "#components/frame/unsafe-mark.tsx";
import { IngestBadges } from "#components/ingest/ingest-badges.tsx";
import { StatusMark } from "#components/sessions/status-mark.tsx";
import { ConnectionMark } from "./connection-mark.tsx";
import { ReadingMenu } from "./reading-menu.tsx";
import { sessionStateAtom } from "./session-atoms.ts";
import { FactLine, FactLines } from "./session-facts.tsx";
import { SessionMenu } from "./session-menu.tsx";
import { SessionTitle } from "./session-title.tsx";
import { TurnTime } from "./turn-time.tsx";

/** One line that stays in sight; where it has no room the facts stand below it and scroll away with the page. */
export function SessionHeader({ agentLabel }: { agentLabel: string }) {
  const { status, hasWorkspace } = useAtomValue(sessionStateAtom);
  return (
    <>
      <header className="group/header @container sticky top-0 z-20 border-b border-line bg-canvas pt-[env(safe-area-inset-top)]">
        <div className="flex h-13 items-center gap-2 px-4 sm:gap-4 sm:px-6">
          <Link
            href="/sessions"
            aria-label="All sessions"
            className="-ml-2 inline-flex size-8 shrink-0 items-center justify-center rounded text-soft hover:bg-hover hover:text-ink md:hidden"
          >
            <ArrowLeft aria-hidden className="size-4" />
          </Link>
          <SessionTitle />
          <FactLine agentLabel={agentLabel} className="hidden @min-[62rem]:flex" />
          {hasWorkspace && (
            <div className="hidden shrink-0 items-center in-data-unsafe:@min-[62rem]:flex">
              <UnsafeMark />
            </div>
          )}
          <IngestBadges className="hidden @min-[62rem]:flex" />
          <StatusMark status={status} />
          <TurnTime />
          <ConnectionMark />
          <div className="flex shrink-0 items-center">
            <ReadingMenu />
            <SessionMenu />
          </div>
        </div>
      </header>
      <div className="@container">
        <div className="flex flex-col gap-1 border-b border-line px-4 py-2 empty:hidden sm:px-6 @min-[62rem]:hidden">
          <IngestBadges className="flex flex-wrap pb-1" />
          <FactLines agentLabel={agentLabel} />
        </div>
      </div>
    </>
  );
}
