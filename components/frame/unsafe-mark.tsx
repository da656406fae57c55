"use client";

import clsx from "clsx";
import { ShieldOff } from "lucide-react";
import { useId, useRef } from "react";
import { placeMenu } from "#components/ui/place-menu.ts";

const MEANING =
  "Agents run with the rights of this server: start only what you would run yourself.";

/**
 * That agents of some worker have no sandbox, which the page's root element tells (`data-unsafe`). Whoever draws it
 * shows it only there. A press, or Enter, says what it means.
 */
export function UnsafeMark() {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const meaning = useRef<HTMLParagraphElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={id}
        aria-describedby={id}
        className="inline-flex items-center gap-1.5 rounded text-meta whitespace-nowrap text-warning hover:underline pointer-coarse:-my-2 pointer-coarse:py-2"
      >
        <ShieldOff aria-hidden className="size-3.5 shrink-0" />
        Unsafe: no sandbox
      </button>
      <p
        ref={meaning}
        id={id}
        popover="auto"
        onBeforeToggle={({ newState }) => {
          if (newState === "open" && meaning.current && button.current)
            placeMenu(meaning.current, button.current.getBoundingClientRect());
        }}
        className="inset-auto m-0 max-w-72 rounded border border-line bg-surface px-3 py-2 text-label whitespace-normal text-ink shadow-floating"
      >
        {MEANING}
      </p>
    </>
  );
}

/** The same with what it means, where a line is free. */
export function UnsafeLine({ className }: { className: string }) {
  return (
    <p className={clsx("hidden gap-1.5 text-meta text-warning in-data-unsafe:flex", className)}>
      <ShieldOff aria-hidden className="mt-px size-3.5 shrink-0" />
      Unsafe: no sandbox. {MEANING}
    </p>
  );
}
