"use client";

import { useState } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { cutPrompt } from "./cut-prompt.ts";

/** What was typed; of a long prompt the beginning, with a button for the rest. */
export function PromptText({ text }: { text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const cut = cutPrompt(text);
  return (
    <>
      <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">
        {cut === null || isWhole ? text : `${cut} …`}
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
    </>
  );
}
