"use client";

import { useAtom } from "jotai";
import { Button } from "#components/ui/button.tsx";
import { isPlaceMissingAtom } from "./session-atoms.ts";

/** Says that a link leads to something that is not in this session, or could not be reached. */
export function MissingPlaceBar() {
  const [isMissing, setIsMissing] = useAtom(isPlaceMissingAtom);
  if (!isMissing) return null;
  return (
    <p role="alert" className="flex items-center gap-3 text-label text-soft">
      <span className="min-w-0 flex-1">
        The place that this link names could not be found here.
      </span>
      <Button isSmall onClick={() => setIsMissing(false)}>
        Close
      </Button>
    </p>
  );
}
