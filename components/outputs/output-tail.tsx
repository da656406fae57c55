"use client";

import clsx from "clsx";
import { useMemo } from "react";
import type { Output } from "#lib/output.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { stripAnsi } from "#components/transcript/ansi/parse-ansi.ts";
import { useTail } from "./use-tail.ts";

/** More lines than these are no tail. */
const LINES_MAX = 500;
const LINE_MAX_LENGTH = 2_000;

/** The end of a text while it grows, in a box of its own height that stays at the last line. */
export function OutputTail({ output, className }: { output: Output; className: string }) {
  const { data = "", error } = useTail(output);
  const lines = useMemo(
    () =>
      stripAnsi(data)
        .trimEnd()
        .split("\n")
        .slice(-LINES_MAX)
        .map((line) => visibleText(line.slice(0, LINE_MAX_LENGTH)))
        .join("\n"),
    [data],
  );
  return (
    <div
      role="group"
      aria-label="Last lines"
      tabIndex={0}
      // Reversed, a box that scrolls begins at its end and stays there.
      className={clsx(
        "flex flex-col-reverse overflow-auto bg-sunken px-3 py-2 font-mono text-code focus-visible:-outline-offset-2",
        className,
      )}
    >
      <pre className="m-0 mb-auto [overflow-wrap:anywhere] whitespace-pre-wrap">{lines}</pre>
      {error !== null && lines === "" && (
        <p className="font-sans text-meta text-faint">Its last lines could not be read.</p>
      )}
    </div>
  );
}
