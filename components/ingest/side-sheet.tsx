"use client";

import { X } from "lucide-react";
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { IconButton } from "#components/ui/button.tsx";

const WIDE = "(min-width: 80rem)";

/** The sheet hides what a link in it leads to. */
export const liesOverPage = () => !matchMedia(WIDE).matches;

interface SideSheetProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/**
 * What stands beside the page where there is room for both, and lies over it where there is not. Takes the focus when it
 * opens and gives it back when it closes.
 */
export function SideSheet({ title, onClose, children }: SideSheetProps) {
  const isWide = useIsWide();
  const Frame = isWide ? SideColumn : OverlaySheet;
  return (
    <Frame title={title} onClose={onClose}>
      <header className="sticky top-0 z-10 flex h-13 shrink-0 items-center justify-between border-b border-line bg-surface pr-3 pl-5">
        <h2 tabIndex={-1} data-sheet-title className="text-label font-semibold outline-none">
          {title}
        </h2>
        <IconButton label="Close" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </header>
      {children}
    </Frame>
  );
}

function SideColumn({ title, onClose, children }: SideSheetProps) {
  const ref = useRef<HTMLElement>(null);
  useFocusInside(ref);
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    // The page's own keys listen on the document, as React does: Escape there would take the focus away again.
    event.nativeEvent.stopImmediatePropagation();
    onClose();
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape, from wherever the focus is inside
    <aside
      ref={ref}
      aria-label={title}
      onKeyDown={onKeyDown}
      className="sticky top-0 flex h-dvh w-104 shrink-0 flex-col overflow-y-auto border-l border-line bg-surface"
    >
      {children}
    </aside>
  );
}

function OverlaySheet({ title, onClose, children }: SideSheetProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (ref.current?.open === false) ref.current.showModal();
  }, []);
  useFocusInside(ref);
  return (
    <dialog
      ref={ref}
      aria-label={title}
      onClose={onClose}
      // The element itself is hit only where its backdrop is.
      onMouseDown={(event) => event.target === event.currentTarget && ref.current?.close()}
      className="fixed inset-y-0 right-0 left-auto m-0 h-dvh max-h-none w-full max-w-md overflow-y-auto border-l border-line bg-surface p-0 pb-[env(safe-area-inset-bottom)] text-ink"
    >
      {children}
    </dialog>
  );
}

/** To the title at first; back to what had it before, if that is still there. */
function useFocusInside(ref: RefObject<HTMLElement | null>) {
  const before = useRef<Element | null>(null);
  // Before the browser takes the focus from what the sheet leaves no room for.
  useLayoutEffect(() => {
    before.current = document.activeElement;
  }, []);
  useEffect(() => {
    ref.current?.querySelector<HTMLElement>("[data-sheet-title]")?.focus({ preventScroll: true });
    return () => {
      const { current } = before;
      // Laid out without the sheet: what is still hidden then takes no focus.
      if (current instanceof HTMLElement && current.getClientRects().length > 0)
        current.focus({ preventScroll: true });
    };
  }, [ref]);
}

function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(WIDE);
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => matchMedia(WIDE).matches,
    () => true,
  );
}
