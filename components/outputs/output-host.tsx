"use client";

import { useAtom } from "jotai";
import { createLazy } from "#components/ui/create-lazy.tsx";
import { shownOutputAtom } from "./output-atoms.ts";

const LazyPreview = createLazy({
  load: async () => (await import("./preview/output-preview.tsx")).OutputPreview,
  Waiting: () => null,
});

/** The output that lies open; its code comes when one is opened. */
export function OutputHost() {
  const [shown, setShown] = useAtom(shownOutputAtom);
  if (shown === null) return null;
  return <LazyPreview key={shown.outputId} opened={shown} onClose={() => setShown(null)} />;
}
