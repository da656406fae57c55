import { useState } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { kindIcons } from "#components/outputs/output-words.ts";
import { outputKind } from "#lib/output-kind.ts";
import type { SharedOutput } from "#lib/shared-output.ts";

/** An output in a box of one size, whatever it is: a picture as such, everything else by the sign of its kind. */
export function SharedOutputTile({ output, address }: { output: SharedOutput; address: string }) {
  const { mime, state } = output;
  const kind = outputKind(mime);
  const [isBroken, setIsBroken] = useState(false);
  const Icon = kindIcons[kind];
  const name = visibleText(output.name);
  return (
    <a
      href={address}
      target="_blank"
      rel="noreferrer"
      className="flex min-w-0 flex-col gap-1 rounded p-1 hover:bg-hover"
    >
      <span className="flex aspect-4/3 w-full items-center justify-center overflow-hidden rounded border border-line bg-sunken">
        {kind === "picture" && !isBroken ? (
          // oxlint-disable-next-line nextjs/no-img-element
          <img
            src={address}
            alt=""
            loading="lazy"
            onError={() => setIsBroken(true)}
            className="size-full object-contain"
          />
        ) : (
          <Icon aria-hidden className="size-6 text-faint" />
        )}
      </span>
      <span className="truncate text-label text-ink" title={name}>
        {name}
      </span>
      {state === "incomplete" && <span className="text-meta text-faint">Ended in the middle</span>}
    </a>
  );
}
