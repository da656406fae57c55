"use client";

import { useState } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { readText } from "#lib/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { cutPrompt } from "./cut-prompt.ts";
import { LargeBody } from "./large-body.tsx";
import { PartIdProvider, useFoundOffset } from "./use-found.ts";

/** A text of a stored prompt. Of one that was not sent whole the beginning, until the reader asks for the rest. */
export function PromptPart({ part }: { part: PartView }) {
  const { item, data, streamed } = part;
  const isCut = item !== null && item.body === null && item.preview !== null && streamed === null;
  return (
    <PartIdProvider value={part.partId}>
      <div data-prompt-part={part.partId}>
        {isCut ? (
          <LargeBody item={item} preview={data} fetchWhen="near">
            {(shown) => <PromptText text={readText(shown, "text") ?? ""} />}
          </LargeBody>
        ) : (
          <PromptText text={textOf(part)} />
        )}
      </div>
    </PartIdProvider>
  );
}

/** What was typed; of a long prompt the beginning, with a button for the rest. */
export function PromptText({ text }: { text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const cut = cutPrompt(text);
  const foundOffset = useFoundOffset(text);
  const [openedFor, setOpenedFor] = useState<number | null>(null);
  if (foundOffset !== openedFor) {
    setOpenedFor(foundOffset);
    if (foundOffset !== null) setIsWhole(true);
  }
  return (
    <div>
      <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">
        {visibleText(cut === null || isWhole ? text : `${cut} …`)}
      </p>
      {cut !== null && (
        <button
          type="button"
          aria-expanded={isWhole}
          onClick={() => setIsWhole(!isWhole)}
          className="mt-1 rounded text-label font-medium text-accent underline underline-offset-2 pointer-coarse:py-2.5"
        >
          {isWhole ? "Show less" : `Show all (${formatCount(text.length, "character")})`}
        </button>
      )}
    </div>
  );
}
