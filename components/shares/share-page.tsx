"use client";

import { createStore, Provider as AtomProvider, useAtomValue } from "jotai";
import { Download } from "lucide-react";
import { useRef, useState } from "react";
import type { SharedOutputsPage } from "#lib/shared-output.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import { FindBar } from "#components/find/find-bar.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { OutlinePanel } from "#components/outline/outline-panel.tsx";
import { MissingPlaceBar } from "#components/session/missing-place-bar.tsx";
import type { Reading } from "#components/session/reading-cookie.ts";
import { ReadingMenu } from "#components/session/reading-menu.tsx";
import { UnseenButton } from "#components/session/follow-bar.tsx";
import { createSessionView } from "#components/session/loaded-window.ts";
import {
  hiddenPartsAtom,
  isFollowingAtom,
  readingModeAtom,
  sessionStateAtom,
  sessionViewAtom,
  viewerModeAtom,
  unseenCountAtom,
} from "#components/session/session-atoms.ts";
import { FactLine, FactLines } from "#components/session/session-facts.tsx";
import { TranscriptWindow } from "#components/session/transcript-window.ts";
import { TranscriptWindowProvider } from "#components/session/transcript-window-context.ts";
import { useFollowLatest } from "#components/session/use-follow-latest.ts";
import { useSessionKeys } from "#components/session/use-session-keys.ts";
import { StatusMark } from "#components/sessions/status-mark.tsx";
import { TranscriptSourceProvider } from "#components/transcript/transcript-source.ts";
import { useAddress } from "#components/transcript/use-address.ts";
import { Transcript } from "#components/transcript/transcript.tsx";
import { ShareNotice } from "./share-notice.tsx";
import { SharedOutputs } from "./shared-outputs.tsx";
import { createShareSource, type ShareSource } from "./share-source.ts";
import { useShareEvents } from "./use-share-events.ts";

interface SharePageProps {
  token: string;
  state: SessionState;
  /** Read for the mode of `reading`. */
  transcript: TranscriptPage;
  outputs: SharedOutputsPage;
  reading: Reading;
  agentLabel: string;
  isFrozen: boolean;
}

/** A session as whoever has its link reads it: the owner's viewer without anything that does something. */
export function SharePage(props: SharePageProps) {
  const [hasEnded, setHasEnded] = useState(false);
  // What was on the page goes with the right to see it.
  if (hasEnded) {
    return (
      <ShareNotice title="This share has ended">
        <p>Whoever shared it took it back, or its time is over.</p>
      </ShareNotice>
    );
  }
  return <OpenShare {...props} onEnd={() => setHasEnded(true)} />;
}

function OpenShare({
  token,
  state,
  transcript,
  outputs,
  reading,
  agentLabel,
  isFrozen,
  onEnd,
}: SharePageProps & { onEnd: () => void }) {
  const [share] = useState(() => createShareSource(token, onEnd));
  const [store] = useState(() => createShareStore(state, transcript, reading));
  const [window] = useState(() => new TranscriptWindow(store, share.source));
  useShareEvents({ token, store, window, share, onEnd });
  return (
    <AtomProvider store={store}>
      <TranscriptSourceProvider value={share.source}>
        <TranscriptWindowProvider value={window}>
          <div className="flex">
            <ShareScreen
              token={token}
              share={share}
              outputs={outputs}
              agentLabel={agentLabel}
              isFrozen={isFrozen}
            />
            <OutlinePanel />
          </div>
        </TranscriptWindowProvider>
      </TranscriptSourceProvider>
    </AtomProvider>
  );
}

function createShareStore(state: SessionState, transcript: TranscriptPage, reading: Reading) {
  const store = createStore();
  store.set(readingModeAtom, reading.mode);
  store.set(hiddenPartsAtom, new Set(reading.hiddenParts));
  store.set(sessionViewAtom, createSessionView(state, transcript));
  store.set(viewerModeAtom, "share");
  store.set(isFollowingAtom, state.status === "working" || state.status === "needs_you");
  // What is there is not new, in the first frame neither.
  store.set(unseenCountAtom);
  return store;
}

const column = "mx-auto w-full max-w-[52rem] px-4 sm:px-6";

function ShareScreen({
  token,
  share,
  outputs,
  agentLabel,
  isFrozen,
}: Pick<SharePageProps, "token" | "outputs" | "agentLabel" | "isFrozen"> & { share: ShareSource }) {
  const content = useRef<HTMLElement>(null);
  const { title: rawTitle, status } = useAtomValue(sessionStateAtom);
  const title = visibleText(rawTitle);
  useFollowLatest(content);
  useSessionKeys();
  useAddress();
  return (
    <div className="flex min-h-dvh min-w-0 flex-1 flex-col">
      <header className="@container sticky top-0 z-20 border-b border-line bg-canvas pt-[env(safe-area-inset-top)]">
        <div className="flex h-13 items-center gap-3 px-4 sm:gap-4 sm:px-6">
          <h1
            dir="auto"
            title={title}
            className="min-w-0 flex-1 truncate text-left text-body font-semibold lg:min-w-72"
          >
            {title}
          </h1>
          <FactLine agentLabel={agentLabel} className="hidden @min-[62rem]:flex" />
          {isFrozen ? (
            <span className="shrink-0 text-meta text-faint">As it was when shared</span>
          ) : (
            <StatusMark status={status} />
          )}
          <a
            href={`/api/v1/shares/${token}/export?format=md`}
            download
            aria-label="Download as Markdown"
            title="Download as Markdown"
            className="inline-flex size-8 shrink-0 items-center justify-center rounded text-soft hover:bg-hover hover:text-ink pointer-coarse:size-10"
          >
            <Download aria-hidden className="size-4" />
          </a>
          <ReadingMenu />
        </div>
      </header>
      <div className="@container">
        <div className="flex flex-col gap-1 border-b border-line px-4 py-2 empty:hidden sm:px-6 @min-[62rem]:hidden">
          <FactLines agentLabel={agentLabel} />
        </div>
      </div>
      <FindBar />
      <main ref={content} id="main" className={`${column} flex-1 pt-6 pb-10`}>
        <SharedOutputs token={token} share={share} initial={outputs} />
        <Transcript />
      </main>
      <footer className="sticky bottom-0 z-10 pb-[env(safe-area-inset-bottom)]">
        <div className={`${column} relative`}>
          <UnseenButton />
          <MissingPlaceBar />
        </div>
      </footer>
    </div>
  );
}
