"use client";

import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import type { LineStates } from "#lib/line-states.ts";
import { itemWords } from "./batch-words.ts";
import { drawCells, readColours } from "./draw-cells.ts";
import { indexAt, layOut } from "./grid-layout.ts";

const HEIGHT_MAX_PX = 320;

interface BatchGridProps {
  states: LineStates;
  linesVersion: number;
  /** Cells: lines that are expected, or as many as there are. */
  count: number;
  /** The state in words; the table has the same, line by line. */
  label: string;
  onChoose: (index: number) => void;
}

/** A cell for each index, drawn on a canvas no larger than what can be seen, however many there are. */
export function BatchGrid({ states, linesVersion, count, label, onChoose }: BatchGridProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const { widthPx, topPx, themeVersion } = useBox(box);
  const layout = layOut(count, widthPx);
  const heightPx = Math.min(HEIGHT_MAX_PX, layout.heightPx);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !box.current || widthPx === 0) return;
    const scale = devicePixelRatio;
    context.canvas.width = Math.round(widthPx * scale);
    context.canvas.height = Math.round(heightPx * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const view = { topPx, heightPx };
    drawCells(context, { states, count, layout, colours: readColours(box.current), view });
    // `layout` follows from the others.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [states, linesVersion, count, widthPx, heightPx, topPx, themeVersion]);

  function find(event: PointerEvent) {
    const rectangle = canvas.current?.getBoundingClientRect();
    if (!rectangle) return null;
    const point = { x: event.clientX - rectangle.left, y: event.clientY - rectangle.top + topPx };
    return indexAt(layout, count, point);
  }

  return (
    <div className="flex flex-col gap-2">
      <div
        ref={box}
        // What scrolls can be scrolled with keys.
        {...(layout.heightPx > HEIGHT_MAX_PX && {
          tabIndex: 0,
          role: "group",
          "aria-label": label,
        })}
        className="relative overflow-y-auto"
        style={{ height: heightPx }}
        onPointerMove={(event) => setHovered(find(event))}
        onPointerLeave={() => setHovered(null)}
        onClick={() => hovered !== null && onChoose(hovered)}
      >
        <div style={{ height: layout.heightPx }}>
          <canvas
            ref={canvas}
            role="img"
            aria-label={label}
            className={`sticky top-0 block ${hovered === null ? "" : "cursor-pointer"}`}
            style={{ width: widthPx, height: heightPx }}
          />
        </div>
      </div>
      {/* For whoever points at a cell: everybody else has the table. */}
      <p aria-hidden className="h-4 text-meta text-faint tabular">
        {hovered !== null && `Index ${hovered}: ${wordAt(states, hovered)}`}
      </p>
    </div>
  );
}

function wordAt(states: LineStates, index: number): string {
  const state = states.at(index);
  return state === null ? "Missing" : itemWords[state];
}

/** How wide the box is, how far it is scrolled, and whether the colours may have changed. */
function useBox(box: RefObject<HTMLDivElement | null>) {
  const [view, setView] = useState({ widthPx: 0, topPx: 0, themeVersion: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const listening = new AbortController();
    const { signal } = listening;
    const onTheme = () =>
      setView((current) => ({ ...current, themeVersion: current.themeVersion + 1 }));
    element.addEventListener(
      "scroll",
      () => setView((current) => ({ ...current, topPx: element.scrollTop })),
      { signal, passive: true },
    );
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onTheme, { signal });
    const theme = new MutationObserver(onTheme);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const size = new ResizeObserver(() =>
      setView((current) => ({ ...current, widthPx: element.clientWidth })),
    );
    size.observe(element);
    return () => {
      listening.abort();
      theme.disconnect();
      size.disconnect();
    };
  }, [box]);
  return view;
}
