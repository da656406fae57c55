"use client";

import { Archive, ArchiveRestore, Pin, Trash2, Undo2, X } from "lucide-react";
import type { Filing } from "#lib/shelf.ts";
import type { ReactNode } from "react";
import { formatCount } from "#components/format/format-count.ts";
import { Button, IconButton } from "#components/ui/button.tsx";

interface SelectionBarProps {
  count: number;
  shelf: "open" | "archive" | "all" | "trash";
  isBusy: boolean;
  onFile: (filing: Filing) => void;
  onClear: () => void;
}

/** What can be done with all that is selected; stays in sight while the list scrolls. */
export function SelectionBar({ count, shelf, isBusy, onFile, onClear }: SelectionBarProps) {
  const button = (filing: Filing, icon: ReactNode, label: string) => (
    <Button
      isSmall
      look={filing === "delete" ? "danger" : "secondary"}
      disabled={isBusy}
      onClick={() => onFile(filing)}
    >
      {icon} <span className="max-sm:sr-only">{label}</span>
    </Button>
  );
  return (
    <div
      role="toolbar"
      aria-label="Selected sessions"
      className="sticky top-2 z-20 flex flex-wrap items-center gap-1.5 rounded border border-accent bg-surface py-1.5 pr-1.5 pl-3 shadow-floating [&_svg]:size-3.5"
    >
      <span role="status" className="mr-auto text-label font-medium tabular">
        {formatCount(count, "session")} selected
      </span>
      {shelf === "trash" ? (
        <>
          {button("restore", <Undo2 aria-hidden />, "Restore")}
          {button("delete", <Trash2 aria-hidden />, "Delete for good …")}
        </>
      ) : (
        <>
          {button("pin", <Pin aria-hidden />, "Pin")}
          {shelf === "archive"
            ? button("unarchive", <ArchiveRestore aria-hidden />, "Take out")
            : button("archive", <Archive aria-hidden />, "Archive")}
          {button("trash", <Trash2 aria-hidden />, "Trash")}
        </>
      )}
      <IconButton label="Select none" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
