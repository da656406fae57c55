"use client";

import { Users } from "lucide-react";
import { Markdown } from "#components/markdown/markdown.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { readText, type JsonObject } from "#lib/json.ts";
import { Disclosure } from "./disclosure.tsx";

/** Work that a person handed to another agent by a command. */
export function Subtask({ data }: { data: JsonObject }) {
  const description = readText(data, "description") ?? readText(data, "command") ?? "";
  return (
    <Disclosure
      summary={
        <>
          <Users aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="shrink-0 font-medium text-ink">Handed over</span>
          <span className="min-w-0 flex-1 truncate">{visibleText(description)}</span>
          <span className="shrink-0 text-meta text-faint">
            {visibleText(readText(data, "agent") ?? "")}
          </span>
        </>
      }
    >
      <div className="mt-1 mb-2 ml-2 border-l border-line pl-4 text-label text-soft">
        <Markdown text={readText(data, "prompt") ?? ""} />
      </div>
    </Disclosure>
  );
}
