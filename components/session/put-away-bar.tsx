"use client";

import { useAtomValue } from "jotai";
import { FilingToast } from "#components/sessions/filing-toast.tsx";
import { useFiling } from "#components/sessions/use-filing.ts";
import { Button } from "#components/ui/button.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

/** Says that the session was put away, and takes it back. */
export function PutAwayBar() {
  const { sessionId, shelf } = useAtomValue(sessionStateAtom);
  const { mutate: file, isPending } = useFiling();
  const isTrash = shelf === "trash";
  return (
    <>
      {shelf !== "open" && (
        <div className="flex items-center gap-3 rounded border border-line bg-sunken px-3 py-2 text-label text-soft">
          <span className="min-w-0 flex-1">
            {isTrash ? "This session is in the trash." : "This session is archived."}
          </span>
          <Button
            isSmall
            disabled={isPending}
            onClick={() =>
              file({ filing: isTrash ? "restore" : "unarchive", sessionIds: [sessionId] })
            }
          >
            {isTrash ? "Restore" : "Take it back"}
          </Button>
        </div>
      )}
      <FilingToast className="bottom-28" />
    </>
  );
}
