"use client";

import { useAtomValue } from "jotai";
import { Archive, ArchiveRestore, Pin, PinOff, Trash2, Undo2 } from "lucide-react";
import { useFiling } from "#components/sessions/use-filing.ts";
import { MenuItem } from "#components/ui/menu.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

/** Entries of the session's menu: pin, archive, throw away, and what undoes them. */
export function FilingItems() {
  const { sessionId, shelf, isPinned } = useAtomValue(sessionStateAtom);
  const { mutate } = useFiling();
  const file = (filing: Parameters<typeof mutate>[0]["filing"]) => () =>
    mutate({ filing, sessionIds: [sessionId] });
  return (
    <>
      <MenuItem onSelect={file(isPinned ? "unpin" : "pin")}>
        {isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />} {isPinned ? "Unpin" : "Pin"}
      </MenuItem>
      {shelf === "trash" ? (
        <MenuItem onSelect={file("restore")}>
          <Undo2 aria-hidden /> Take out of the trash
        </MenuItem>
      ) : (
        <>
          <MenuItem onSelect={file(shelf === "archive" ? "unarchive" : "archive")}>
            {shelf === "archive" ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
            {shelf === "archive" ? "Take out of the archive" : "Archive"}
          </MenuItem>
          <MenuItem onSelect={file("trash")}>
            <Trash2 aria-hidden /> Move to the trash
          </MenuItem>
        </>
      )}
    </>
  );
}
