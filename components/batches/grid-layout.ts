/** Where the cells of a batch lie: one for each index, row by row. */
export interface GridLayout {
  columnCount: number;
  rowCount: number;
  /** From one cell to the next, the gap included. */
  pitchPx: number;
  cellPx: number;
  heightPx: number;
}

/** Few cells are large, many are small. */
const sizes = [
  { countMax: 200, cellPx: 16, gapPx: 3 },
  { countMax: 1_500, cellPx: 10, gapPx: 2 },
  { countMax: Infinity, cellPx: 6, gapPx: 1 },
] as const;

export function layOut(count: number, widthPx: number): GridLayout {
  const { cellPx, gapPx } = sizes.find(({ countMax }) => count <= countMax) ?? sizes[2];
  const pitchPx = cellPx + gapPx;
  const columnCount = Math.max(1, Math.floor((widthPx + gapPx) / pitchPx));
  const rowCount = Math.ceil(count / columnCount);
  return {
    columnCount,
    rowCount,
    pitchPx,
    cellPx,
    heightPx: Math.max(0, rowCount * pitchPx - gapPx),
  };
}

/** The index of the cell at a point; null between cells and outside. */
export function indexAt(
  { columnCount, pitchPx, cellPx }: GridLayout,
  count: number,
  { x, y }: { x: number; y: number },
): number | null {
  const column = Math.floor(x / pitchPx);
  const row = Math.floor(y / pitchPx);
  const isInCell = x >= 0 && y >= 0 && x % pitchPx < cellPx && y % pitchPx < cellPx;
  const index = row * columnCount + column;
  return isInCell && column < columnCount && index < count ? index : null;
}

/** Indexes of the rows that can be seen, the second one excluded. */
export function visibleRange(
  { columnCount, pitchPx }: GridLayout,
  count: number,
  { topPx, heightPx }: { topPx: number; heightPx: number },
): [from: number, end: number] {
  const firstRow = Math.max(0, Math.floor(topPx / pitchPx));
  const endRow = Math.ceil((topPx + heightPx) / pitchPx);
  return [Math.min(count, firstRow * columnCount), Math.min(count, endRow * columnCount)];
}
