"use client";

import { useState } from "react";
import type { Output } from "#lib/output.ts";
import { OutputTail } from "../output-tail.tsx";
import { TextPreview } from "./text-preview.tsx";

/** A text: its end for whoever saw it grow, until they ask for its start; otherwise its start. */
export function FollowedText({ output }: { output: Output }) {
  const [isFollowed, setIsFollowed] = useState(output.state === "writing");
  if (!isFollowed) return <TextPreview output={output} kind="text" />;
  return (
    <>
      <OutputTail output={output} className="h-[60dvh]" />
      {output.state !== "writing" && (
        <p className="px-4 py-2 text-meta text-faint">
          It has ended, these are its last lines.{" "}
          <button
            type="button"
            onClick={() => setIsFollowed(false)}
            className="rounded font-medium text-accent underline underline-offset-2 pointer-coarse:py-2"
          >
            Show its start
          </button>
        </p>
      )}
    </>
  );
}
