"use client";

import clsx from "clsx";
import { X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { IconButton } from "./button.tsx";

interface DialogProps {
  title: string;
  /** For dialogs whose content says what they are; the title is then read out only. */
  hidesTitle?: boolean;
  onClose: () => void;
  /** Tells how wide it may become, too. */
  className?: string;
  /** The element marked `data-first-focus` gets the focus, else the first field, else the title. */
  children: ReactNode;
}

/**
 * A modal dialog for as long as it is rendered. The browser's own element keeps focus inside, closes on Escape and
 * gives focus back; libraries that lock scrolling put a `<style>` into the page, which our CSP refuses.
 */
export function Dialog({
  title,
  hidesTitle = false,
  onClose,
  className = "max-w-md",
  children,
}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (ref.current?.open !== false) return;
    ref.current.showModal();
    firstOf(ref.current)?.focus();
  }, []);
  // What had the focus may go with the content that it stood in; then the new content gets it.
  useEffect(() => {
    if (ref.current?.open && document.activeElement === document.body)
      firstOf(ref.current)?.focus();
  });
  // Closing the element, not only taking it away, gives focus back to where it was.
  const close = () => ref.current?.close();

  return (
    <dialog
      ref={ref}
      aria-label={title}
      onClose={onClose}
      // The element itself is hit only where its backdrop is.
      onMouseDown={(event) => event.target === event.currentTarget && close()}
      className={clsx(
        "w-[calc(100%-2rem)] overflow-hidden rounded border border-line bg-surface p-0 text-ink shadow-floating",
        className,
      )}
    >
      {!hidesTitle && (
        <header className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
          <h2 tabIndex={-1} className="text-label font-semibold outline-none">
            {title}
          </h2>
          <IconButton label="Close" onClick={close}>
            <X aria-hidden />
          </IconButton>
        </header>
      )}
      {children}
    </dialog>
  );
}

const firstOf = (dialog: HTMLElement): HTMLElement | null =>
  dialog.querySelector<HTMLElement>("[data-first-focus]") ??
  dialog.querySelector<HTMLElement>(":is(input, select, textarea):not(:disabled)") ??
  dialog.querySelector<HTMLElement>("h2[tabindex]");
