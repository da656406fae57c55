"use client";

import { memo, type ReactNode } from "react";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { PartView } from "#components/session/session-view.ts";
import { LargeBody } from "./large-body.tsx";
import { readText, type JsonObject } from "#lib/json.ts";
import { PartBoundary } from "./part-boundary.tsx";
import { PartFrame } from "./part-frame.tsx";
import { ItemBody } from "./picture/embedded-file.tsx";
import { partRenderers } from "./part-renderers.tsx";
import { Reasoning } from "./reasoning.tsx";
import { PartIdProvider } from "./use-found.ts";
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
      <PartIdProvider value={part.partId}>
        <PartOrGap part={part} isTurnRunning={isTurnRunning} />
      </PartIdProvider>
    </PartBoundary>
  );
});

function PartOrGap({ part, isTurnRunning }: PartProps) {
  const { item } = part;
  if (item?.deleted) return <p className="text-meta text-faint italic">Deleted by the agent</p>;
  const isCut = item !== null && item.body === null && part.streamed === null;
  if (!isCut) return <PartContent part={part} isTurnRunning={isTurnRunning} wrapBody={null} />;
  if (item.preview === null || item.byteSize <= PREVIEW_MAX_BYTES)
    return <UnknownPart part={part} reason="This part was not stored" />;
  const wrapBody = (fetchWhen: "now" | "near") => (draw: (data: JsonObject) => ReactNode) => (
    <LargeBody item={item} preview={part.data} fetchWhen={fetchWhen}>
      {(data) => (
        <ItemBody item={item} data={data}>
          {draw(data)}
        </ItemBody>
      )}
    </LargeBody>
  );
  if (part.kind === "file")
    return <PartContent part={part} isTurnRunning={isTurnRunning} wrapBody={null} />;
  // What is closed at first gets its body when it is opened.
  if (part.kind === "tool" || part.kind === "reasoning")
    return <PartContent part={part} isTurnRunning={isTurnRunning} wrapBody={wrapBody("now")} />;
  return wrapBody("near")((data) => (
    <PartContent
      part={{ ...part, data, kind: part.kind || (readText(data, "type") ?? "") }}
      isTurnRunning={isTurnRunning}
      wrapBody={null}
    />
  ));
}

interface PartContentProps extends PartProps {
  wrapBody: ((draw: (data: JsonObject) => ReactNode) => ReactNode) | null;
}

function PartContent(props: PartContentProps) {
  return (
    <ItemBody item={props.part.item} data={props.part.data}>
      <PartLook {...props} />
    </ItemBody>
  );
}

function PartLook({ part, isTurnRunning, wrapBody }: PartContentProps) {
  if (part.kind === "tool")
    return (
      <ToolCard
        id={part.partId}
        data={part.data ?? {}}
        isTurnRunning={isTurnRunning}
        wrapBody={wrapBody}
      />
    );
  if (part.kind === "reasoning")
    return <Reasoning part={part} isTurnRunning={isTurnRunning} wrapBody={wrapBody} />;
  const draw = partRenderers.get(part.kind);
  if (draw === undefined) return <UnknownPart part={part} reason={whyUnknown(part)} />;
  return <PartFrame part={part}>{draw(part, part.data ?? {}, isTurnRunning)}</PartFrame>;
}

function whyUnknown({ kind, data }: PartView): string {
  if (kind === "") return "This part could not be read";
  const told = kind === "update" ? readText(data, "kind") : null;
  return told === null
    ? `A part of a kind that is not known here: ${kind}`
    : `The agent told something of a kind that is not known here: ${told}`;
}
