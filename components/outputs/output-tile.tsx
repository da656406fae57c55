"use client";

import { useSetAtom } from "jotai";
import type { Output } from "#lib/output.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { shownOutputAtom } from "./output-atoms.ts";
import { outputName } from "./output-name.ts";
import { OutputPicture } from "./output-picture.tsx";

/** A picture of a gallery. */
export function OutputTile({ output }: { output: Output }) {
  const show = useSetAtom(shownOutputAtom);
  const name = outputName(output);
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      onClick={() => show(output)}
      className="flex w-full min-w-0 flex-col gap-1 rounded p-1 text-left hover:bg-hover focus-visible:-outline-offset-2"
    >
      <OutputPicture
        output={output}
        alt=""
        className="aspect-4/3 w-full rounded border border-line bg-sunken"
      />
      <span className="w-full truncate text-meta text-soft" title={name}>
        {name}
      </span>
      <RelativeTime iso={output.createdAt} className="text-meta text-faint" />
    </button>
  );
}
