"use client";

import { useAtomValue } from "jotai";
import { useMemo } from "react";
import { useOutputsByTurn } from "#components/outputs/turn-outputs-context.ts";
import { PreparationPanel } from "#components/session/preparation-panel.tsx";
import {
  isFollowingAtom,
  sessionStateAtom,
  sessionViewAtom,
  transcriptAtom,
  windowLoadsAtom,
} from "#components/session/session-atoms.ts";
import { KeepPlace } from "./keep-place.tsx";
import { TurnView } from "./turn.tsx";
import { UnknownPart } from "./unknown-part.tsx";
import { TurnSkeleton, WindowEdge } from "./window-edge.tsx";

/** The session as a feed of articles, oldest first: the part of it that is loaded, which grows where it is read. */
export function Transcript() {
  const { turns } = useAtomValue(transcriptAtom);
  const { messages, others, before, after } = useAtomValue(sessionViewAtom);
  const { status, readyAt, preparation } = useAtomValue(sessionStateAtom);
  const isFollowing = useAtomValue(isFollowingAtom);
  const isOpening = useAtomValue(windowLoadsAtom).around === "loading";
  const isBusy = (status === "working" || status === "needs_you") && after === null;
  const outputs = useOutputsByTurn();
  const content = useMemo(() => [messages, outputs], [messages, outputs]);
  const lastIndex = turns.length - 1;
  // The first preparation belongs to the first prompt; a later one, for a workspace that was put away, to the last.
  const isLaterPreparation =
    readyAt !== null && preparation !== null && preparation.status !== "ready";
  const firstIsOnPage = before === null && turns[0]?.prompt != null;
  const laterIndex = after === null ? lastIndex : -1;
  const preparationIndex = isLaterPreparation ? laterIndex : firstIsOnPage ? 0 : -1;

  return (
    <KeepPlace content={content} isOff={isFollowing}>
      <div className="flex flex-col gap-8">
        <WindowEdge side="before" />
        <div
          role="feed"
          aria-label="Transcript"
          aria-busy={isBusy || isOpening}
          className="flex flex-col gap-8"
        >
          {preparationIndex === -1 && before === null && !isLaterPreparation && (
            <PreparationPanel />
          )}
          {turns.map((turn, index) => (
            <TurnView
              key={turn.id}
              turn={turn}
              isRunning={isBusy && index === lastIndex}
              hasPreparation={index === preparationIndex}
            />
          ))}
        </div>
        {isOpening && turns.length === 0 && <TurnSkeleton />}
        <WindowEdge side="after" />
        {after === null &&
          others.map((item) => (
            <UnknownPart
              key={`${item.type}/${item.partId}`}
              part={{
                messageId: "",
                partId: `record-${item.firstSeq}`,
                kind: item.type,
                data: null,
                streamed: null,
                item,
              }}
              reason={`A record of a kind that is not known here: ${item.type}`}
            />
          ))}
      </div>
    </KeepPlace>
  );
}
