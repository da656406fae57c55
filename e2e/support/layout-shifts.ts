import type { Page } from "@playwright/test";

interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

declare global {
  var layoutShifts: { value: number; moved: string[] }[] | undefined;
}

/** Notes from now on, also after the next load, what moves in the page without somebody having asked for it. */
export async function watchLayoutShifts(page: Page): Promise<void> {
  await page.addInitScript(observe);
  await page.evaluate(observe);
}

/** How much has moved, as browsers count it (0.1 is poor), and what. */
export async function readLayoutShifts(page: Page): Promise<{ sum: number; moved: string[] }> {
  const shifts = await page.evaluate(() => globalThis.layoutShifts ?? []);
  return {
    sum: shifts.reduce((sum, { value }) => sum + value, 0),
    moved: shifts.flatMap(({ value, moved }) => moved.map((each) => `${value.toFixed(4)} ${each}`)),
  };
}

function observe(): void {
  if (globalThis.layoutShifts !== undefined) return;
  const shifts: { value: number; moved: string[] }[] = (globalThis.layoutShifts = []);
  const describe = ({ node, previousRect, currentRect }: LayoutShift["sources"][number]) => {
    const element = node instanceof Element ? node : node?.parentElement;
    const text = element?.textContent?.slice(0, 40) ?? "";
    const places = [previousRect, currentRect].map(({ x, y }) => `${x},${y}`);
    return `${element?.tagName ?? "?"} "${text}" ${places.join(" → ")}`;
  };
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries() as LayoutShift[])
      if (!shift.hadRecentInput)
        shifts.push({ value: shift.value, moved: shift.sources.map(describe) });
  }).observe({ type: "layout-shift", buffered: true });
}
