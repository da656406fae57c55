"use client";

import { useAtomValue } from "jotai";
import { useRef } from "react";
import { FindBar } from "#components/find/find-bar.tsx";
import { IngestNotice } from "#components/ingest/ingest-notice.tsx";
import { RequestCards } from "#components/permissions/request-cards.tsx";
import { Transcript } from "#components/transcript/transcript.tsx";
import { useAddress } from "#components/transcript/use-address.ts";
import { Composer } from "./composer.tsx";
import { UnseenButton } from "./follow-bar.tsx";
import { InitiateBar } from "./initiate-bar.tsx";
import { LiveErrorBar } from "./live-error-bar.tsx";
import { PageTitle } from "./page-title.tsx";
import { PlanBar } from "./plan-bar.tsx";
import { PutAwayBar } from "./put-away-bar.tsx";
import { ReadMarker } from "./read-marker.tsx";
import { MissingPlaceBar } from "./missing-place-bar.tsx";
import { sessionStateAtom } from "./session-atoms.ts";
import { SessionHeader } from "./session-header.tsx";
import { SilenceBar } from "./silence-bar.tsx";
import { StatusAnnouncer } from "./status-announcer.tsx";
import { useFollowLatest } from "./use-follow-latest.ts";
import { useSessionKeys } from "./use-session-keys.ts";
import { WaitingPrompts } from "./waiting-prompts.tsx";

const column = "mx-auto w-full max-w-[52rem] px-4 sm:px-6";

/** Header, transcript and composer of one session. */
export function SessionScreen({ agentLabel }: { agentLabel: string }) {
  const content = useRef<HTMLElement>(null);
  const { status, message, readyAt } = useAtomValue(sessionStateAtom);
  useFollowLatest(content);
  useSessionKeys();
  useAddress();
  return (
    <div className="flex min-h-dvh min-w-0 flex-1 flex-col">
      <SessionHeader agentLabel={agentLabel} />
      <PageTitle />
      <StatusAnnouncer />
      <FindBar />
      <ReadMarker />
      <main ref={content} id="main" className={`${column} flex-1 pt-6 pb-10`}>
        <Transcript />
        <IngestNotice />
        {status === "failed" && readyAt !== null && message !== null && (
          <p
            role="alert"
            className="mt-6 rounded border border-danger bg-danger-wash px-4 py-3 text-label text-danger"
          >
            {message}
          </p>
        )}
      </main>
      <footer className="sticky bottom-0 z-10 bg-canvas pb-[max(0.5rem,env(safe-area-inset-bottom))]">
        <div className={`${column} relative flex flex-col gap-2 pt-2`}>
          <UnseenButton />
          <MissingPlaceBar />
          <LiveErrorBar />
          <PutAwayBar />
          <InitiateBar />
          <SilenceBar />
          <RequestCards />
          <PlanBar />
          <WaitingPrompts />
          <Composer />
        </div>
      </footer>
    </div>
  );
}
