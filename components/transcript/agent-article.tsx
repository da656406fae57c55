"use client";

import { useAtomValue } from "jotai";
import { ChevronsUpDown, CircleX, Hand, LoaderCircle, MessageCircleQuestion } from "lucide-react";
import { useMemo, useState, type ComponentProps } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { formatDuration } from "#components/format/format-duration.ts";
import { readObject, readText } from "#lib/json.ts";
import {
  hiddenPartsAtom,
  readingModeAtom,
  statusAtom,
  unfoldedTurnsAtom,
  wantedPartAtom,
} from "#components/session/session-atoms.ts";
import type { MessageView } from "#components/session/session-view.ts";
import { visibleText } from "#components/format/visible-text.ts";
import type { Turn } from "./build-turns.ts";
import { ChangeCount } from "./diff/change-count.tsx";
import { Disclosure } from "./disclosure.tsx";
import { Hole } from "./hole.tsx";
import { Part } from "./part.tsx";
import { foldParts, groupRuns, isLandmark, visibleParts, type PartGroup } from "./part-groups.ts";
import { shownParts } from "./shown-parts.ts";
import { TurnMenu } from "./turn-menu.tsx";
import { summarizeTurn } from "./turn-summary.ts";

interface AgentArticleProps {
  turn: Turn;
  isRunning: boolean;
}

/** Everything that the agent did and said in one turn. A finished turn shows its answer and one line for the work. */
export function AgentArticle({ turn, isRunning }: AgentArticleProps) {
  const mode = useAtomValue(readingModeAtom);
  const hiddenParts = useAtomValue(hiddenPartsAtom);
  const parts = useMemo(
    () => shownParts(visibleParts(turn.answers, mode === "everything"), { mode, hiddenParts }),
    [turn, mode, hiddenParts],
  );
  // A turn that ends while somebody watches it stays open, and so does one that is not loaded whole: nothing jumps away
  // under a reader.
  const [isUnfolded, setIsUnfolded] = useState(isRunning || turn.isCut);
  const isWanted = useAtomValue(unfoldedTurnsAtom).has(turn.id);
  const [wasWanted, setWasWanted] = useState(false);
  if (isWanted !== wasWanted) {
    setWasWanted(isWanted);
    if (isWanted) setIsUnfolded(true);
  }
  const { work, answer } = foldParts(parts);
  const hasSummary = mode === "compact" && !isRunning && work.length > 0;
  // Without an answer the work is all there is to see of the turn.
  const canFold = hasSummary && answer.length > 0;
  const isFolded = canFold && !isUnfolded;
  return (
    <article aria-label="Agent" aria-busy={isRunning} className="flex min-w-0 flex-col gap-3">
      <h2 className="sr-only">Agent</h2>
      {hasSummary && (
        <TurnSummaryLine
          turn={turn}
          isUnfolded={!isFolded}
          onToggle={canFold ? () => setIsUnfolded(isFolded) : null}
        />
      )}
      {isRunning ? (
        parts.map((part) => <AnswerPart key={part.partId} part={part} isTurnRunning />)
      ) : (
        <>
          {groupRuns(isFolded ? work.filter(isLandmark) : work).map((group) => (
            <Group key={group.key} group={group} />
          ))}
          {answer.map((part) => (
            <AnswerPart key={part.partId} part={part} isTurnRunning={false} />
          ))}
        </>
      )}
      {turn.answers.map((message) => (
        <AnswerEnd key={message.messageId} message={message} />
      ))}
      {isRunning && (
        <Activity
          isAnswered={turn.prompt?.state?.status !== "delivered"}
          hasParts={parts.length > 0}
        />
      )}
      {!isRunning && <TurnMenu turn={turn} />}
    </article>
  );
}

const AnswerPart = (props: ComponentProps<typeof Part>) =>
  props.part.kind === "hole" ? <Hole part={props.part} /> : <Part {...props} />;

function Group({ group }: { group: PartGroup }) {
  const parts = group.parts.map((part) => (
    <AnswerPart key={part.partId} part={part} isTurnRunning={false} />
  ));
  const wantedPart = useAtomValue(wantedPartAtom);
  if (!group.isRun) return parts;
  return (
    <Disclosure
      isWanted={group.parts.some(({ partId }) => partId === wantedPart)}
      summary={
        <>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="flex-1">{formatCount(group.parts.length, "tool call")}</span>
        </>
      }
    >
      <div className="mt-1 ml-2 flex flex-col gap-3 border-l border-line pl-4">{parts}</div>
    </Disclosure>
  );
}

interface TurnSummaryLineProps {
  turn: Turn;
  isUnfolded: boolean;
  /** Null where there is nothing to fold. */
  onToggle: (() => void) | null;
}

function TurnSummaryLine({ turn, isUnfolded, onToggle }: TurnSummaryLineProps) {
  if (onToggle === null)
    return (
      <p className="flex flex-wrap items-center gap-x-1 py-1 text-label text-faint tabular">
        <TurnFacts turn={turn} />
      </p>
    );
  return (
    <button
      type="button"
      aria-expanded={isUnfolded}
      onClick={onToggle}
      className="-mx-2 flex items-center gap-2 self-start rounded px-2 py-1 text-label text-faint tabular transition-colors hover:bg-hover hover:text-ink pointer-coarse:py-2.5"
    >
      <ChevronsUpDown aria-hidden className="size-4 shrink-0" />
      <span className="flex flex-wrap items-center gap-x-1 text-left">
        <TurnFacts turn={turn} />
      </span>
    </button>
  );
}

function TurnFacts({ turn }: { turn: Turn }) {
  const summary = useMemo(() => summarizeTurn(turn), [turn]);
  const { elapsedMs, toolCount, additions, deletions, areChangesPartial } = summary;
  return (
    <>
      <span>{elapsedMs === null ? "Worked" : `Worked for ${formatDuration(elapsedMs)}`}</span>
      {toolCount > 0 && <span>· {formatCount(toolCount, "tool")}</span>}
      {areChangesPartial && additions + deletions === 0 && <span>· changed lines not counted</span>}
      {additions + deletions > 0 && (
        <>
          <span aria-hidden>·</span>
          {areChangesPartial && <span>at least</span>}
          <ChangeCount additions={additions} deletions={deletions} />
        </>
      )}
    </>
  );
}

/** Says that a message was deleted, stopped or failed; nothing when it ended as it should. */
function AnswerEnd({ message }: { message: MessageView }) {
  if (message.deleted) return <p className="text-meta text-faint italic">Deleted by the agent</p>;
  const error = readObject(message.data, "error");
  const name = readText(error, "name");
  if (name === null) return null;
  if (name === "MessageAbortedError") {
    return (
      <p className="flex items-center gap-2 text-label text-faint">
        <Hand aria-hidden className="size-4" /> Stopped
      </p>
    );
  }
  return (
    <p className="flex items-start gap-2 text-label text-danger">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      {visibleText(readText(readObject(error, "data"), "message") ?? "The turn failed")}
    </p>
  );
}

interface ActivityProps {
  /** The agent has begun with the prompt. */
  isAnswered: boolean;
  hasParts: boolean;
}

function Activity({ isAnswered, hasParts }: ActivityProps) {
  if (useAtomValue(statusAtom) === "needs_you") {
    return (
      <p className="flex items-center gap-2 text-label text-warning">
        <MessageCircleQuestion aria-hidden className="size-4" /> Waiting for you
      </p>
    );
  }
  return (
    <p className="flex items-center gap-2 text-label text-running">
      <LoaderCircle aria-hidden className="turning size-4" />
      {hasParts
        ? "Working"
        : isAnswered
          ? "The agent has begun"
          : "Delivered; the agent has not answered yet"}
    </p>
  );
}
