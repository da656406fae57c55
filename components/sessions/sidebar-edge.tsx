"use client";

import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { writeCookie } from "#components/frame/write-cookie.ts";
import {
  parseSidebarWidth,
  SIDEBAR_COOKIE,
  SIDEBAR_MAX_PX,
  SIDEBAR_MIN_PX,
} from "./sidebar-width.ts";

const KEY_STEP_PX = 16;

/** The edge that makes the list wider or narrower, with the pointer or the arrow keys; the width is remembered. */
export function SidebarEdge({ initialPx }: { initialPx: number }) {
  const ref = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(initialPx);

  function resize(px: number) {
    const next = parseSidebarWidth(px);
    setWidthPx(next);
    // The list itself is not drawn again for every pixel.
    if (ref.current?.parentElement) ref.current.parentElement.style.width = `${next}px`;
    return next;
  }

  function onPointerMove(event: PointerEvent) {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(event.clientX);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step =
      event.key === "ArrowRight" ? KEY_STEP_PX : event.key === "ArrowLeft" ? -KEY_STEP_PX : 0;
    if (step === 0) return;
    event.preventDefault();
    writeCookie(SIDEBAR_COOKIE, String(resize(widthPx + step)));
  }

  return (
    <div
      ref={ref}
      role="separator"
      aria-label="Width of the list"
      aria-orientation="vertical"
      aria-valuemin={SIDEBAR_MIN_PX}
      aria-valuemax={SIDEBAR_MAX_PX}
      aria-valuenow={widthPx}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onPointerUp={() => writeCookie(SIDEBAR_COOKIE, String(widthPx))}
      onKeyDown={onKeyDown}
      className="absolute inset-y-0 -right-1 z-30 w-2 cursor-col-resize touch-none transition-colors hover:bg-line focus-visible:bg-accent focus-visible:outline-none"
    />
  );
}
