"use client";

import { useState } from "react";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import { OutputPicture } from "./output-picture.tsx";
import { OutputRow } from "./output-row.tsx";
import { OutputTail } from "./output-tail.tsx";

/** An output where it came out. The card is as high from its first byte to its last. */
export function OutputCard({ output }: { output: Output }) {
  const kind = outputKind(output.mime);
  // What somebody saw grow keeps its lines; files and contents are whole before they come out.
  const [wasGrowing] = useState(output.state === "writing");
  const isStream = output.source === "tool" || output.source === "execution";
  const hasTail = wasGrowing && isStream && (kind === "text" || kind === "table");
  return (
    <div className="min-w-0 overflow-hidden rounded border border-line bg-surface">
      <OutputRow output={output} />
      {kind === "picture" && (
        <OutputPicture output={output} className="h-48 border-t border-line bg-sunken p-2" />
      )}
      {hasTail && <OutputTail output={output} className="h-40 border-t border-line" />}
    </div>
  );
}
