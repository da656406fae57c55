import { useEffect, useState, type RefObject } from "react";
import { useTabStorage } from "#components/ui/use-tab-storage.ts";

/** From this width on both sides have room for a line of code … */
const CAN_SPLIT_PX = 640;
/** … and from this one on they stand beside each other unless the reader wants it otherwise. */
const SPLIT_PX = 960;

/** How a diff is laid out: by its own width, and by what the reader chose last in this tab. */
export function useDiffLayout(element: RefObject<HTMLElement | null>) {
  const [widthPx, setWidthPx] = useState(0);
  const [choice, setChoice] = useTabStorage("diff-layout");
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidthPx(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  const canSplit = widthPx >= CAN_SPLIT_PX;
  const isSplit = canSplit && (choice === null ? widthPx >= SPLIT_PX : choice === "split");
  return { canSplit, isSplit, toggle: () => setChoice(isSplit ? "unified" : "split") };
}
