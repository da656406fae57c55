"use client";

import clsx from "clsx";
import { useAtom } from "jotai";
import { Undo2, X } from "lucide-react";
import { useEffect } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import { Button, IconButton } from "#components/ui/button.tsx";
import { filingNoticeAtom, useFiling } from "./use-filing.ts";

/** Long enough to read it and to reach the button. */
const SHOWN_MS = 10_000;

/** What was done last with sessions, with its undo; `z` does the same. */
export function FilingToast({ className = "bottom-0" }: { className?: string }) {
  const [notice, setNotice] = useAtom(filingNoticeAtom);
  const { mutate: file, isPending } = useFiling();
  const undo = notice?.undo ?? null;

  useEffect(() => {
    if (notice === null) return undefined;
    const timer = setTimeout(() => setNotice(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice, setNotice]);

  useEffect(() => {
    if (undo === null) return undefined;
    const listening = new AbortController();
    const onKeyDown = (event: KeyboardEvent) => {
      const isChord = event.metaKey || event.ctrlKey || event.altKey;
      if (event.key === "z" && !isChord && !isTyping(event.target)) file(undo);
    };
    document.addEventListener("keydown", onKeyDown, { signal: listening.signal });
    return () => listening.abort();
  }, [undo, file]);

  if (notice === null) return null;
  return (
    <div
      role="status"
      className={clsx(
        "pointer-events-none fixed inset-x-0 z-40 flex justify-center px-4 pb-[max(1rem,env(safe-area-inset-bottom))]",
        className,
      )}
    >
      <div className="pointer-events-auto flex max-w-xl items-center gap-2 rounded border border-line bg-surface py-1.5 pr-1.5 pl-4 text-label text-ink shadow-floating">
        <span className="min-w-0 flex-1 py-1">{notice.text}</span>
        {undo && (
          <Button isSmall disabled={isPending} onClick={() => file(undo)}>
            <Undo2 aria-hidden className="size-3.5" /> Undo
          </Button>
        )}
        <IconButton label="Dismiss" onClick={() => setNotice(null)}>
          <X aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}
