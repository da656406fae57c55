"use client";

import { FileQuestionMark } from "lucide-react";
import type { PartView } from "#components/session/session-view.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { Disclosure } from "./disclosure.tsx";
import { LazyOutputBlock, LazyRawJson } from "./lazy-parts.tsx";

/** A part as it was stored, for kinds that are newer than this page and for parts that are broken. */
export function UnknownPart({ part, reason }: { part: PartView; reason: string }) {
  const stored = part.item?.body ?? part.item?.preview ?? "";
  return (
    <Disclosure
      id={part.partId}
      summary={
        <>
          <FileQuestionMark aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="min-w-0 flex-1 truncate">{visibleText(reason)}</span>
        </>
      }
    >
      <div className="mt-1 mb-2 ml-2 border-l border-line pl-4">
        {part.data !== null ? (
          <LazyRawJson data={part.data} />
        ) : stored === "" ? (
          <p className="text-meta text-faint">Nothing of it is there.</p>
        ) : (
          <LazyOutputBlock label="As stored" text={stored} />
        )}
      </div>
    </Disclosure>
  );
}
