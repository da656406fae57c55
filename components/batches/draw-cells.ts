import type { BatchItemState } from "#lib/batch.ts";
import type { LineStates } from "#lib/line-states.ts";
import { type GridLayout, visibleRange } from "./grid-layout.ts";

type Colours = Readonly<Record<BatchItemState | "missing" | "paper", string>>;

const colourNames: Readonly<Record<keyof Colours, string>> = {
  queued: "--faint",
  running: "--running",
  done: "--success",
  failed: "--danger",
  cancelled: "--faint",
  missing: "--line",
  paper: "--canvas",
};

/** As the page's theme has them now: the canvas itself knows no variables, and no `light-dark()`. */
export function readColours(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const entries = Object.entries(colourNames).map(([key, name]) => [key, read(name)] as const);
  probe.remove();
  return Object.fromEntries(entries) as Colours;
}

interface Drawing {
  states: LineStates;
  count: number;
  layout: GridLayout;
  colours: Colours;
  /** What can be seen of the whole. */
  view: { topPx: number; heightPx: number };
}

/** Draws the cells that can be seen; each state has a shape of its own beside its colour. */
export function drawCells(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { states, count, layout, colours, view } = drawing;
  const { columnCount, pitchPx, cellPx } = layout;
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  const [from, end] = visibleRange(layout, count, view);
  for (let index = from; index < end; index += 1) {
    const x = (index % columnCount) * pitchPx;
    const y = Math.floor(index / columnCount) * pitchPx - view.topPx;
    const state = states.at(index) ?? "missing";
    drawCell[state](context, { x, y, size: cellPx, colours });
  }
}

interface Cell {
  x: number;
  y: number;
  size: number;
  colours: Colours;
}

type DrawCell = (context: CanvasRenderingContext2D, cell: Cell) => void;

const drawCell: Readonly<Record<BatchItemState | "missing", DrawCell>> = {
  done(context, { x, y, size, colours }) {
    context.fillStyle = colours.done;
    context.fillRect(x, y, size, size);
  },
  /** Crossed out. */
  failed(context, { x, y, size, colours }) {
    context.fillStyle = colours.failed;
    context.fillRect(x, y, size, size);
    context.strokeStyle = colours.paper;
    context.lineWidth = Math.max(1, size / 8);
    const inset = size / 4;
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + size - inset, y + size - inset);
    context.moveTo(x + size - inset, y + inset);
    context.lineTo(x + inset, y + size - inset);
    context.stroke();
  },
  /** Half full. */
  running(context, { x, y, size, colours }) {
    outline(context, { x, y, size }, colours.running);
    context.fillStyle = colours.running;
    context.fillRect(x, y + size / 2, size, size / 2);
  },
  queued(context, { x, y, size, colours }) {
    outline(context, { x, y, size }, colours.queued);
  },
  /** A line through the middle. */
  cancelled(context, { x, y, size, colours }) {
    context.fillStyle = colours.cancelled;
    const height = Math.max(1, Math.round(size / 6));
    context.fillRect(x, y + (size - height) / 2, size, height);
  },
  /** A faint ground. */
  missing(context, { x, y, size, colours }) {
    context.fillStyle = colours.missing;
    context.fillRect(x, y, size, size);
  },
};

function outline(
  context: CanvasRenderingContext2D,
  { x, y, size }: Omit<Cell, "colours">,
  colour: string,
) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
}
