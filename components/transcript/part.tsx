"use client";

import { memo } from "react";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { Markdown } from "#components/markdown/markdown.tsx";
import { readList, type JsonObject } from "#components/session/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import { Checklist, readEntries } from "./checklist.tsx";
import { Compaction, Notice, Retry } from "./event-lines.tsx";
import { FilePart } from "./file-part.tsx";
import { LargeBody } from "./large-body.tsx";
import { PartBoundary } from "./part-boundary.tsx";
import { Reasoning } from "./reasoning.tsx";
import { ToolCard } from "./tool/tool-card.tsx";
import { UnknownPart } from "./unknown-part.tsx";

interface PartProps {
  part: PartView;
  isTurnRunning: boolean;
}

/** One part of an answer, whatever its kind; what cannot be drawn is shown as it was stored. */
export const Part = memo(function Part({ part, isTurnRunning }: PartProps) {
  return (
    <PartBoundary
      resetKey={part}
      fallback={<UnknownPart part={part} reason="This part could not be drawn" />}
    >
      <PartOrGap part={part} isTurnRunning={isTurnRunning} />
    </PartBoundary>
  );
});

function PartOrGap({ part, isTurnRunning }: PartProps) {
  const { item } = part;
  if (item?.deleted) return <p className="text-meta text-faint italic">Deleted by the agent</p>;
  if (item && item.body === null && part.streamed === null) {
    if (item.preview === null || item.byteSize <= PREVIEW_MAX_BYTES)
      return <UnknownPart part={part} reason="This part was not stored" />;
    return (
      <LargeBody item={item} preview={part.data}>
        {(data) => <PartContent part={{ ...part, data }} isTurnRunning={isTurnRunning} />}
      </LargeBody>
    );
  }
  return <PartContent part={part} isTurnRunning={isTurnRunning} />;
}

function PartContent({ part, isTurnRunning }: PartProps) {
  const data: JsonObject = part.data ?? {};
  switch (part.kind) {
    case "text":
      return (
        <div id={part.partId} data-step tabIndex={-1} className="scroll-mt-20 rounded">
          <Markdown text={textOf(part)} />
        </div>
      );
    case "reasoning":
      return <Reasoning part={part} isTurnRunning={isTurnRunning} />;
    case "tool":
      return <ToolCard id={part.partId} data={data} isTurnRunning={isTurnRunning} />;
    case "plan":
      return (
        <section
          id={part.partId}
          aria-label="Plan"
          data-step
          tabIndex={-1}
          className="scroll-mt-20 rounded border border-line bg-surface px-4 py-2.5"
        >
          <Checklist entries={readEntries(readList(data, "entries"))} />
        </section>
      );
    case "file":
      return <FilePart data={data} />;
    case "notice":
      return <Notice data={data} />;
    case "compaction":
      return <Compaction data={data} />;
    case "retry":
      return <Retry data={data} />;
    default:
      return (
        <UnknownPart
          part={part}
          reason={
            part.kind === ""
              ? "This part could not be read"
              : `A part of a kind that is not known here: ${part.kind}`
          }
        />
      );
  }
}
