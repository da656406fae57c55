"use client";

import { createStore, Provider as AtomProvider, useAtomValue, useSetAtom } from "jotai";
import { Cpu, Download, FolderOutput, Hand, Link2, Share2 } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import type { SessionState } from "#lib/session-state.ts";
import type { TurnOutputs } from "#lib/turn-outputs.ts";
import { isExportingAtom } from "#components/export/export-atoms.ts";
import { pageActionsAtom, type PageAction } from "#components/frame/frame-atoms.ts";
import { ChangesPanel } from "#components/changes/changes-panel.tsx";
import { IngestPanel } from "#components/ingest/ingest-panel.tsx";
import { OutputHost } from "#components/outputs/output-host.tsx";
import { OutputsPanel } from "#components/outputs/outputs-panel.tsx";
import { openOutputsAtom } from "#components/outputs/output-atoms.ts";
import { TurnOutputsProvider } from "#components/outputs/turn-outputs-provider.tsx";
import { OutlinePanel } from "#components/outline/outline-panel.tsx";
import { openResourcesAtom } from "#components/resources/resource-atoms.ts";
import { ResourcesPanel } from "#components/resources/resources-panel.tsx";
import { useOwnerSource } from "#components/transcript/owner-source.ts";
import { TranscriptSourceProvider } from "#components/transcript/transcript-source.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import { isSharingAtom } from "#components/shares/share-atoms.ts";
import { createSessionView } from "./loaded-window.ts";
import type { Reading } from "./reading-cookie.ts";
import {
  hiddenPartsAtom,
  isFollowingAtom,
  readingModeAtom,
  sessionViewAtom,
  statusAtom,
  unseenCountAtom,
} from "./session-atoms.ts";
import { SessionScreen } from "./session-screen.tsx";
import { TranscriptWindow } from "./transcript-window.ts";
import { TranscriptWindowProvider } from "./transcript-window-context.ts";
import { useInterrupt } from "./use-interrupt.ts";
import { useLiveSession } from "./use-live-session.ts";

interface SessionPageProps {
  state: SessionState;
  /** Read for the mode of `reading`. */
  transcript: TranscriptPage;
  reading: Reading;
  /** Of the turns in `transcript`. */
  outputs: TurnOutputs[];
  agentLabel: string;
}

/** A session from what the server rendered on; give it the session's id as key. */
export function SessionPage({ state, transcript, reading, outputs, agentLabel }: SessionPageProps) {
  const source = useOwnerSource(state.sessionId, transcript.cursor.generation);
  const [store] = useState(() => createSessionStore(state, transcript, reading));
  const [window] = useState(() => new TranscriptWindow(store, source));
  useLiveSession(store, window);
  usePageActions(store);
  return (
    <AtomProvider store={store}>
      <TranscriptSourceProvider value={source}>
        <TranscriptWindowProvider value={window}>
          <TurnOutputsProvider initial={outputs}>
            <SessionScreen agentLabel={agentLabel} />
          </TurnOutputsProvider>
          <OutlinePanel />
          <OutputsPanel />
          <ResourcesPanel />
          <ChangesPanel />
          <OutputHost />
          <IngestPanel />
        </TranscriptWindowProvider>
      </TranscriptSourceProvider>
    </AtomProvider>
  );
}

function createSessionStore(state: SessionState, transcript: TranscriptPage, reading: Reading) {
  const store = createStore();
  store.set(readingModeAtom, reading.mode);
  store.set(hiddenPartsAtom, new Set(reading.hiddenParts));
  store.set(sessionViewAtom, createSessionView(state, transcript));
  // Whoever opens a session that is under way wants to see it move; a finished one is read from its beginning.
  store.set(isFollowingAtom, state.status === "working" || state.status === "needs_you");
  // What is there is not new, in the first frame neither.
  store.set(unseenCountAtom);
  return store;
}

/** What the palette offers on this page. */
function usePageActions(store: ReturnType<typeof createStore>) {
  const status = useAtomValue(statusAtom, { store });
  const { interrupt } = useInterrupt(store);
  const stop = useEffectEvent(interrupt);
  const setActions = useSetAtom(pageActionsAtom);
  useEffect(() => {
    const actions: PageAction[] = [
      {
        id: "copy",
        label: "Copy the link of this session",
        icon: <Link2 />,
        run: () => void navigator.clipboard.writeText(location.href),
      },
      {
        id: "share",
        label: "Share this session …",
        icon: <Share2 />,
        keys: "s",
        run: () => store.set(isSharingAtom, true),
      },
      {
        id: "outputs",
        label: "Outputs of this session",
        icon: <FolderOutput />,
        keys: "u",
        run: () => store.set(openOutputsAtom),
      },
      {
        id: "resources",
        label: "Processes and resources of this session",
        icon: <Cpu />,
        run: () => store.set(openResourcesAtom),
      },
      {
        id: "export",
        label: "Export this session …",
        icon: <Download />,
        keys: "e",
        run: () => store.set(isExportingAtom, true),
      },
    ];
    if (status === "working" || status === "needs_you" || status === "preparing") {
      const run = () => stop();
      actions.push({ id: "interrupt", label: "Interrupt the agent", icon: <Hand />, run });
    }
    setActions(actions);
    return () => setActions([]);
  }, [status, store, setActions]);
}
