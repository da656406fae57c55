"use client";

import { useAtomValue } from "jotai";
import { PreparationPanel } from "#components/session/preparation-panel.tsx";
import {
  sessionStateAtom,
  sessionViewAtom,
  transcriptAtom,
} from "#components/session/session-atoms.ts";
import { EarlierMessages } from "./earlier-messages.tsx";
import { TurnView } from "./turn.tsx";
import { UnknownPart } from "./unknown-part.tsx";

/** The session as a feed of articles, oldest first. */
export function Transcript() {
  const { turns } = useAtomValue(transcriptAtom);
  const { others, before } = useAtomValue(sessionViewAtom);
  const { status, readyAt, preparation } = useAtomValue(sessionStateAtom);
  const isBusy = status === "working" || status === "needs_you";
  const lastIndex = turns.length - 1;
  // The first preparation belongs to the first prompt; a later one, for a workspace that was put away, to the last.
  const isLaterPreparation =
    readyAt !== null && preparation !== null && preparation.status !== "ready";
  const firstIsOnPage = before === null && turns[0]?.prompt != null;
  const preparationIndex = isLaterPreparation ? lastIndex : firstIsOnPage ? 0 : -1;

  return (
    <div className="flex flex-col gap-8">
      {before !== null && <EarlierMessages before={before} />}
      <div role="feed" aria-label="Transcript" aria-busy={isBusy} className="flex flex-col gap-8">
        {preparationIndex === -1 && before === null && <PreparationPanel />}
        {turns.map((turn, index) => (
          <TurnView
            key={turn.id}
            turn={turn}
            isLast={index === lastIndex}
            isRunning={isBusy && index === lastIndex}
            hasPreparation={index === preparationIndex}
          />
        ))}
      </div>
      {others.map((item) => (
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
  );
}
